from __future__ import annotations

import asyncio
from typing import Final, Protocol

# Seconds between two pings to a socket: proxies drop connections that are idle for a minute, and
# pings are most of what idle members cost.
PING_SECONDS: Final = 45
# Seconds after a ping within which something has to come from the client.
ANSWER_SECONDS: Final = 20
TICK_SECONDS: Final = 1.0


class Pinged(Protocol):
    """A member's open socket."""

    def ping(self) -> None:
        """Send a ping."""

    def end_if_silent(self) -> None:
        """Abort if nothing came since the last ping."""

    def end(self) -> None:
        """End the connection now."""


class Heartbeat:
    """Pings all open member sockets of this process with one timer, a part of them every second.

    Its length is the number of open sockets.
    """

    def __init__(self) -> None:
        self._now = 0
        self._timer: asyncio.TimerHandle | None = None
        self.set_seconds(PING_SECONDS, ANSWER_SECONDS)

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def add(self, socket: Pinged) -> int:
        """Ping a socket from now on; return what `remove` needs."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        self._slots[self._now].add(socket)
        return self._now

    def remove(self, socket: Pinged, slot: int) -> None:
        """Ping a socket no longer: it is closed."""
        self._slots[slot].discard(socket)

    def set_seconds(self, interval: int, answer: int) -> None:
        """Set the times of all pings, in seconds. Call it before the first socket opens.

        Args:
            interval: between two pings to a socket.
            answer: from a ping until something must have come; the interval at most.

        """
        self._slots: list[set[Pinged]] = [set() for _ in range(max(interval, 1))]
        self._answer_seconds = min(max(answer, 1), len(self._slots))

    def end_all(self) -> None:
        """End what is open: the server stops."""
        for slot in self._slots:
            for socket in list(slot):
                socket.end()

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        self._now = (self._now + 1) % len(self._slots)
        for socket in list(self._slots[self._now - self._answer_seconds]):
            socket.end_if_silent()
        for socket in list(self._slots[self._now]):
            socket.ping()


the_heartbeat = Heartbeat()
