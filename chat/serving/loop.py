"""The event loop under Twisted's reactor: uvloop's, which carries a small room a sixth faster."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVarTuple

import uvloop
from twisted.internet import asyncioreactor

if TYPE_CHECKING:
    from collections.abc import Callable

_Arguments = TypeVarTuple("_Arguments")


class Loop(uvloop.Loop):
    """uvloop's loop, with which a socket that was reset can be watched again.

    At an error on a socket uvloop calls whoever watches it once and closes the watch, but keeps it:
    who had still found data to read there is never called again, and who asks for a new watch gets
    a RuntimeError.
    """

    def add_reader(
        self, fd: Any, callback: Callable[[*_Arguments], Any], *args: *_Arguments
    ) -> None:
        """Have a callback called when there is something to read."""
        try:
            super().add_reader(fd, callback, *args)
        except RuntimeError:
            super().remove_reader(fd)  # forgets the closed watch
            super().add_reader(fd, callback, *args)

    def add_writer(
        self, fd: Any, callback: Callable[[*_Arguments], Any], *args: *_Arguments
    ) -> None:
        """Have a callback called when more can be written."""
        try:
            super().add_writer(fd, callback, *args)
        except RuntimeError:
            super().remove_writer(fd)
            super().add_writer(fd, callback, *args)


def install_reactor() -> None:
    """Install Twisted's reactor on this loop, unless there is one.

    Daphne installs one on asyncio's own loop when it is imported, as the `daphne` command does
    before anything of ours.
    """
    if "twisted.internet.reactor" not in sys.modules:
        asyncioreactor.install(Loop())  # type: ignore[no-untyped-call]


install_reactor()
