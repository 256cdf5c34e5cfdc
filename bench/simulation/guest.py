"""A member that talks, comes back when its connection ends, and keeps what it heard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bench.simulation.seat import Seat

if TYPE_CHECKING:
    import random

    from bench.simulation.loop import SimulatedLoop
    from bench.simulation.server import Server

# Seconds until it comes back, and that anything takes between it and its process.
COME_BACK: Final = (0.1, 0.4)
WAY: Final = (0.0001, 0.001)


class Guest:
    """Says something `rate` times a second on average until told to be quiet; never leaves.

    `home` is the number of the process that it likes best; it goes elsewhere if that is not open.
    """

    def __init__(
        self,
        loop: SimulatedLoop,
        servers: list[Server],
        home: int,
        rate: float,
        dice: random.Random,
    ) -> None:
        self.seats: list[Seat] = []
        self.is_quiet = False
        self._loop = loop
        self._servers = servers
        self._server: Server | None = None
        self._home = home
        self._rate = rate
        self._dice = dice
        self._said = 0
        self._there_at = 0.0

    async def run(self) -> None:
        """Be there for ever."""
        while True:
            self._server = server = self._choose()
            if server is not None:
                seat = Seat(self._loop, server.number)
                self.seats.append(seat)
                server.call(self._dice.uniform(*WAY), server.join, seat)
                talk = self._loop.call_later(self._pause(), self._talk, seat)
                await seat.closed
                talk.cancel()
                server.call(self._dice.uniform(*WAY), server.lose, seat)
            await asyncio.sleep(self._dice.uniform(*COME_BACK))

    def say(self, text: str) -> bool:
        """Say something; tell whether one is there to say it."""
        seat = self.seats[-1] if self.seats else None
        if seat is None or seat.code is not None or self._server is None:
            return False
        # One behind the other, as on a connection.
        self._there_at = max(self._there_at, self._loop.time() + self._dice.uniform(*WAY))
        self._server.call(self._there_at - self._loop.time(), self._server.hear, seat, text)
        return True

    def _choose(self) -> Server | None:
        """Return a process that a load balancer would lead to: one that says it is ready."""
        open_ = [server for server in self._servers if server.is_open and not server.is_dead]
        for server in open_:
            if server.number == self._home:
                return server
        return self._dice.choice(open_) if open_ else None

    def _pause(self) -> float:
        return self._dice.expovariate(self._rate)

    def _talk(self, seat: Seat) -> None:
        if seat.code is not None or self.is_quiet:
            return
        if not seat.is_paused:
            self._said += 1
            self.say(f"{self._home}-{self._said}")
        self._loop.call_later(self._pause(), self._talk, seat)
