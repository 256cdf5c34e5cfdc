"""Open loop: chats are sent at a rate, whatever the server makes of it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from wschat_tools.load.latencies import Latencies
from wschat_tools.load.speakers import now_ns
from wschat_tools.load.tally import Tally
from wschat_tools.load.timer import Timer

if TYPE_CHECKING:
    from wschat_tools.load.crowd import Crowd
    from wschat_tools.load.member import Member
    from wschat_tools.load.results import Chatted

SAMPLES_PER_SECOND = 200_000
GLANCE_NS = 250_000_000


class Watcher:
    """Notes how long each chat took from when it was due until this member had it."""

    __slots__ = ("durations", "seen")

    def __init__(self, member: Member, durations: array[int]) -> None:
        self.durations = durations
        self.seen = member.chats
        member.listener = self

    def heard(self, member: Member) -> None:
        """Note the chats that have come since."""
        stream, offset = member.stream, member.offset
        ends, at = stream.chat_ends, self.seen - stream.chats_forgotten
        if at >= len(ends) or ends[at] > offset:
            return
        now = now_ns()
        while at < len(ends) and ends[at] <= offset:
            self.durations.append(now - stream.stamps[at])
            at += 1
        self.seen = at + stream.chats_forgotten


class OpenLoop:
    """`rate` chats a second of `size` bytes in all, by `senders` members in turn.

    Every member is watched, or every so-manieth where that would be over 200,000 samples a second.
    A chat's time starts when it was due, not when the load engine got round to sending it. Chats
    hold some of `sample`.
    """

    def __init__(
        self, crowd: Crowd, rate: float, senders: int, size: int = 64, sample: str = ""
    ) -> None:
        self.crowd = crowd
        self.durations: array[int] = array("q")
        self._rate = rate
        self._turn = 0
        crowd.speakers.clear()
        members = list(crowd.members.values())
        speaking = {m: crowd.speakers.add(m.uuid, size, sample) for m in members[:senders]}
        self._speaking = list(speaking.items())
        self.tally = Tally(crowd, speaking)
        stride = max(1, int(len(members) * rate) // SAMPLES_PER_SECOND)
        self._watched = [member for member in members[::stride] if not member.slow]

    async def run(self, seconds: float, warm: float = 0.5, settle: float = 2.0) -> Chatted:
        """Chat for `warm` + `seconds`, then wait until all has come or nothing does for `settle`.

        Latencies and the rate are those of the second part.
        """
        for member in self._watched:
            Watcher(member, self.durations)
        with Timer() as timer:
            await self._chat(warm, timer)
            del self.durations[:]
            window = await self.tally.during(self._chat(seconds, timer))
        await self.tally.settle(settle)
        for member in self._watched:
            member.listener = None
        return self.tally.result(window, Latencies(self.durations))

    async def _chat(self, seconds: float, timer: Timer) -> None:
        due, apart = now_ns(), int(1e9 / self._rate)
        until = due + int(seconds * 1e9)
        while due < until and self.crowd.going:
            await self._sleep_until(due, timer)
            while due < until and due <= now_ns():
                self._say(due)
                due += apart
        await self._sleep_until(until, timer)

    async def _sleep_until(self, due: int, timer: Timer) -> None:
        await timer.sleep_until(min(due, now_ns() + GLANCE_NS))
        while now_ns() < due and self.crowd.going:
            await timer.sleep_until(min(due, now_ns() + GLANCE_NS))

    def _say(self, due: int) -> None:
        member, speaker = self._speaking[self._turn % len(self._speaking)]
        self._turn += 1
        if member.closed:
            return
        speaker.due.append(due)
        self.crowd.send(member, speaker.frames(1))
