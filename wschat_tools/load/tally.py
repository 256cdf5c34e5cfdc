"""What has arrived since a moment, against what should have."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wschat_tools.load.latencies import Latencies
from wschat_tools.load.notices import heard_of, streams
from wschat_tools.load.quiet import quiet
from wschat_tools.load.results import Chatted
from wschat_tools.load.speakers import now_ns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Mapping

    from wschat_tools.load.crowd import Crowd
    from wschat_tools.load.member import Member
    from wschat_tools.load.places import Counts
    from wschat_tools.load.speakers import Speaker


@dataclass(frozen=True, slots=True)
class Window:
    """The measured part of a run: how long, what arrived in it, and the load's share of a core."""

    seconds: float
    deliveries: int
    load_cpu: float


class Tally:
    """Counts of each member of a crowd from now on, against what `speaking` members say.

    Who comes later should get what is said from its own connect on.
    """

    def __init__(self, crowd: Crowd, speaking: Mapping[Member, Speaker]) -> None:
        self._crowd = crowd
        self._speaking = speaking
        self._before = {m: m.counts for m in crowd.members.values() if m.uuid}
        stream = crowd.reference.stream
        self._shared_before = stream.chats_before(stream.end)
        self._unnamed_before = self._sum("unnamed")
        self._problems_before = crowd.problems.copy()
        self._began_ns, self._busy_before = now_ns(), time.process_time()

    @property
    def sent(self) -> int:
        """How many chats have been sent."""
        return sum(speaker.sent for speaker in self._speaking.values())

    @property
    def due(self) -> int:
        """How many chats should be at everyone: of speakers that are gone, what anybody heard."""
        return sum(
            heard_of(self._crowd, speaker) if member.closed else speaker.sent
            for member, speaker in self._speaking.items()
        )

    @property
    def deliveries(self) -> int:
        """How many chats have reached members, those that are gone included."""
        return sum(member.chats - self._base(member).chats for member in self._crowd.everybody)

    @property
    def complete(self) -> bool:
        """Whether every member that is still there has got all that is due to it."""
        return all(got >= expected for got, expected in self._rows())

    async def settle(self, patience: float) -> None:
        """Wait until all that is due has come, or nothing of it does for `patience` seconds."""
        await quiet(self._crowd, lambda: self.complete, patience, lambda: self.deliveries)

    async def during(self, chatting: Awaitable[None]) -> Window:
        """Measure what arrives while `chatting` goes on."""
        del self._crowd.send_times[:]
        began, before, busy = now_ns(), self.deliveries, time.process_time()
        await chatting
        seconds, busy = (now_ns() - began) / 1e9, time.process_time() - busy
        return Window(seconds, self.deliveries - before, busy / seconds if seconds else 0.0)

    def since_start(self, seconds: float) -> Window:
        """Return all that has arrived, in so many seconds; the load is that of all the time."""
        wall = (now_ns() - self._began_ns) / 1e9
        return Window(seconds, self.deliveries, (time.process_time() - self._busy_before) / wall)

    def result(self, window: Window, latencies: Latencies) -> Chatted:
        """Sum up the run."""
        crowd, rows = self._crowd, list(self._rows())
        for stream in streams(crowd):
            stream.order.compare(finally_=True)
        return Chatted(
            seconds=window.seconds,
            deliveries=window.deliveries,
            sent=self.sent,
            expected=sum(expected for _, expected in rows),
            lost=sum(max(0, expected - got) for got, expected in rows),
            extra=sum(m.counts.twice - self._base(m).twice for m in self._present()),
            garbled=sum(m.counts.changed - self._base(m).changed for m in self._present()),
            latencies=latencies,
            load_cpu=window.load_cpu,
            same_stream=crowd.same_stream,
            problems=dict(crowd.problems - self._problems_before),
            send_times=Latencies(crowd.send_times),
            arrived=self.deliveries,
            unnamed=self._sum("unnamed") - self._unnamed_before,
            same_order=not any(stream.order.misordered for stream in streams(crowd)),
            own_order=not any(stream.order.disordered for stream in streams(crowd)),
        )

    def _rows(self) -> Iterator[tuple[int, int]]:
        """Yield what each member that is there has got, and what it should have."""
        due = self.due
        for member in self._present():
            got = member.chats - self._base(member).chats
            if member in self._before or not member.alone:
                came_later = max(0, self._base(member).chats - self._shared_before)
                yield got, due - (0 if member in self._before else came_later)
            elif member in self._speaking:  # it shares no stream: only its own chats are sure
                speaker = self._speaking[member]
                yield member.stream.order.up_to(speaker), speaker.sent

    def _present(self) -> list[Member]:
        return [m for m in self._crowd.members.values() if m.uuid and not m.slow]

    def _base(self, member: Member) -> Counts:
        return self._before.get(member, member.earlier)

    def _sum(self, name: str) -> int:
        total: int = sum(getattr(stream, name) for stream in streams(self._crowd))
        return total
