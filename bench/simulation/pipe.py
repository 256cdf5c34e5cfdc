"""One direction of a connection: what one end sends reaches the other later, in order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

    from bench.simulation.loop import SimulatedLoop
    from bench.simulation.ways import Way, Ways

# What a packet takes on its way, in seconds.
LATENCY: Final = (0.0001, 0.001)
# Sent instead of bytes: the other end will send no more, or never was there.
END: Final = b""
RESET: Final = None


class Pipe:
    """Carries bytes to one end; where the way is cut they wait, as the kernel would try again."""

    def __init__(self, loop: SimulatedLoop, ways: Ways, way: Way, dice: random.Random) -> None:
        self.way = way
        self._loop = loop
        self._ways = ways
        self._dice = dice
        self._free_at = 0.0
        self._waiting: deque[bytes | None] = deque()
        self._is_paused = False
        self._unread: deque[bytes | None] = deque()
        self._receive: Any = None

    def lead_to(self, receive: Any) -> None:
        """Have what comes out taken by this callable."""
        self._receive = receive

    def send(self, data: bytes | None) -> None:
        """Put in bytes, END or RESET."""
        if self._ways.is_cut(self.way):
            self._waiting.append(data)
            return
        delay = self._dice.uniform(*LATENCY) + self._ways.delay_of(self.way)
        self._free_at = max(self._free_at, self._loop.time() + delay)
        owner = self.way[1]
        context = owner.context if owner is not None else None
        self._loop.call_at(self._free_at, self._arrive, data, context=context)

    def heal(self) -> None:
        """Send what waited while the way was cut."""
        waiting, self._waiting = self._waiting, deque()
        for data in waiting:
            self.send(data)

    def pause(self) -> None:
        """Keep what arrives: its reader has enough."""
        self._is_paused = True

    def resume(self) -> None:
        """Hand on what was kept, and go on."""
        self._is_paused = False
        while self._unread and not self._is_paused:
            self._receive(self._unread.popleft())

    def _arrive(self, data: bytes | None) -> None:
        if self._is_paused and data is not RESET:
            self._unread.append(data)
        else:
            self._receive(data)
