"""What has arrived since a moment, against what should have."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat.load.latencies import Latencies
from chat.load.results import Chatted
from chat.load.speakers import now_ns

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from chat.load.crowd import Crowd


@dataclass(frozen=True, slots=True)
class Window:
    """The measured part of a run: how long, what arrived in it, and the load's share of a core."""

    seconds: float
    deliveries: int
    load_cpu: float


class Tally:
    """Counts of each member of a crowd from now on."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._before = {member: member.chats for member in crowd.members.values()}
        self._garbled_before = self._garbled()
        self._problems_before = crowd.problems.copy()

    async def during(self, chatting: Awaitable[None]) -> Window:
        """Measure what arrives while `chatting` goes on."""
        del self._crowd.send_times[:]
        began, before, busy = now_ns(), self._deliveries(), time.process_time()
        await chatting
        seconds, busy = (now_ns() - began) / 1e9, time.process_time() - busy
        return Window(seconds, self._deliveries() - before, busy / seconds)

    def complete(self, sent: int) -> bool:
        """Whether every member that is still there has got `sent` chats."""
        return all(count >= sent for count in self._got())

    def result(self, window: Window, sent: int, latencies: Latencies) -> Chatted:
        """Sum up a run in which `sent` chats should have reached everyone who stayed."""
        got = self._got()
        return Chatted(
            seconds=window.seconds,
            deliveries=window.deliveries,
            sent=sent,
            expected=sent * len(got),
            lost=sum(max(0, sent - count) for count in got),
            extra=sum(max(0, count - sent) for count in got),
            garbled=self._garbled() - self._garbled_before,
            latencies=latencies,
            load_cpu=window.load_cpu,
            same_stream=self._crowd.same_stream,
            problems=dict(self._crowd.problems - self._problems_before),
            send_times=Latencies(self._crowd.send_times),
        )

    def _got(self) -> list[int]:
        return [m.chats - before for m, before in self._before.items() if not m.closed]

    def _deliveries(self) -> int:
        return sum(member.chats - before for member, before in self._before.items())

    def _garbled(self) -> int:
        streams = {id(m.stream): m.stream for m in self._crowd.members.values()}
        return sum(stream.garbled for stream in streams.values())
