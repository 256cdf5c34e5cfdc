from __future__ import annotations

import contextlib
import os

from chat.transport.sockets import the_sockets


class Reserve:
    """A file to give up where `accept` gets no other, so that who waits can be told no.

    Twisted has one of its own, which tells nobody, and which it never has again once another thread
    took its place.
    """

    def __init__(self) -> None:
        self._files: list[int] = []

    def reserve(self) -> None:
        """Hold it, if there is one to be had."""
        with contextlib.suppress(OSError):
            self._files = self._files or [os.open(os.devnull, os.O_RDONLY)]

    def available(self) -> bool:
        """Tell whether it is held: `accept` has failed."""
        the_sockets.ran_out()
        self.reserve()
        return bool(self._files)

    def __enter__(self) -> None:
        os.close(self._files.pop())

    def __exit__(self, *_: object) -> None:
        self.reserve()
