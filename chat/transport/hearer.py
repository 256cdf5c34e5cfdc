"""Who hears a member, and what stands for it in Daphne once its coroutine has ended."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol


class Hearer(Protocol):
    """Who is told what comes from one member. No method waits or raises."""

    def hear(self, message: bytes, *, is_binary: bool = False) -> None:
        """Take a whole message; a text is valid UTF-8."""

    def hear_end(self, code: int) -> None:
        """Learn that the closing handshake began, on either side, or that the connection is down.

        It may be told more than once.
        """

    def stop(self) -> None:
        """Close the connection: the server stops."""


class Life(asyncio.Future[None]):
    """Stands for the application's task in Daphne's list: Daphne cancels it when it stops."""

    __slots__ = ("_hearer",)

    def __init__(self, hearer: Hearer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._hearer = hearer

    def cancel(self, msg: Any = None) -> bool:
        """Have the connection closed, and end a turn of the loop later: its close frame is out."""
        self._hearer.stop()
        self.get_loop().call_soon(super().cancel, msg)
        return True
