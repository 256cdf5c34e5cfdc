"""What happened in each second of a run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from wschat_tools.load.latencies import Latencies
from wschat_tools.load.speakers import now_ns

if TYPE_CHECKING:
    from array import array

    from wschat_tools.load.crowd import Crowd
    from wschat_tools.load.tally import Tally

EVERY_SECONDS: Final = 1.0
LEAST_NS: Final = 100_000_000
# So many steps a decade, from 0.01 ms to 100 s.
STEPS: Final = 4
EDGES: Final = [10 ** (-2 + step / STEPS) for step in range(7 * STEPS + 1)]


class Load(Protocol):
    """What makes chats, of whatever kind."""

    durations: array[int]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Moment:
    """One second, or what there was of it: when it ended, and what came to pass in it.

    `spread` counts the deliveries that took at most each of `EDGES` (ms), and more than the one
    before.
    """

    second: float
    seconds: float
    members: int
    sent: int
    deliveries: int
    p50: float
    p99: float
    spread: list[int]


class Timeline:
    """Notes a moment every second, from `begin` until it is ended."""

    def __init__(self, crowd: Crowd) -> None:
        self.moments: list[Moment] = []
        self._crowd = crowd
        self._load: Load | None = None
        self._began = self._last = 0
        self._sent = self._deliveries = self._durations = 0
        self._task: asyncio.Task[None] | None = None

    def begin(self, load: Load) -> None:
        """Watch this load from now on."""
        self._load = load
        self._began = self._last = now_ns()
        self._task = asyncio.create_task(self._watch())

    def end(self) -> None:
        """Note what there was since the last moment, and no more."""
        if self._task is not None:
            self._task.cancel()
            if not self.moments or now_ns() - self._last > LEAST_NS:
                self._note()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self._note()

    def _note(self) -> None:
        assert self._load is not None  # noqa: S101 - it was begun
        now, tally, durations = now_ns(), self._load.tally, self._load.durations
        sent, deliveries = tally.sent, tally.deliveries
        new = Latencies(durations[min(self._durations, len(durations)) :])
        self.moments.append(
            Moment(
                second=(now - self._began) / 1e9,
                seconds=(now - self._last) / 1e9,
                members=sum(bool(member.uuid) for member in self._crowd.members.values()),
                sent=sent - self._sent,
                deliveries=deliveries - self._deliveries,
                p50=new.percentile(50),
                p99=new.percentile(99),
                spread=new.histogram(EDGES),
            )
        )
        self._last, self._durations = now, len(durations)
        self._sent, self._deliveries = sent, deliveries
