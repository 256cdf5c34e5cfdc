"""A member's socket in memory, and what it heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat.protocol.frames import payloads
from chat.transport.base import take_nothing

if TYPE_CHECKING:
    import asyncio

    from bench.simulation.loop import SimulatedLoop
    from chat.protocol.messages import CloseCode


class Seat:
    """One visit to the room, from the way in to the close (`chat.transport.base.Transport`).

    Times are in seconds since the run began. `heard` holds when each message came; `code` is None
    while the socket is open, 1006 where its process was killed; `closed` is done from then on.
    """

    def __init__(self, loop: SimulatedLoop, process: int) -> None:
        now = loop.time
        self.closed: asyncio.Future[None] = loop.create_future()
        self.process = process
        self.id = ""
        self.began = now()
        self.ended: float | None = None
        self.code: int | None = None
        self.is_paused = False
        self.heard: list[tuple[float, bytes]] = []
        self.backlog = 0
        self.taken = 0
        self.send = self.send_pages = take_nothing
        self._now = now

    def write(self, frames: bytes) -> int:
        """Hear."""
        if self.code is None:
            now = self._now()
            self.heard += [(now, message) for message in payloads(frames)]
            self.taken += len(frames)
        return 0

    def send_backlog(self) -> None:
        """Do nothing: there is none."""

    def end(self, code: int) -> None:
        """Be closed."""
        if self.code is None:
            self.code, self.ended = code, self._now()
            self.closed.set_result(None)

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Be closed."""
        self.end(code.code)

    def close_slow(self, code: CloseCode) -> None:
        """Be closed."""
        self.end(code.code)

    def pause_reading(self) -> None:
        """Say nothing more for the moment."""
        self.is_paused = True

    def resume_reading(self) -> None:
        """Go on."""
        self.is_paused = False
