"""The event loop under Daphne's reactor: uvloop's, which carries a small room a sixth faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVarTuple

import uvloop
from twisted.internet import reactor as installed_reactor

if TYPE_CHECKING:
    from collections.abc import Callable

_Arguments = TypeVarTuple("_Arguments")
reactor: Any = installed_reactor


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


def use_fast_loop() -> None:
    """Put uvloop's event loop under the reactor that Daphne installed; before it runs.

    Daphne makes its loop when it is imported, before anybody can ask for another one.
    """
    readers = reactor.getReaders()
    for reader in readers:
        reactor.removeReader(reader)
    reactor._asyncioEventloop.close()
    reactor._asyncioEventloop = Loop()
    for reader in readers:
        reactor.addReader(reader)
