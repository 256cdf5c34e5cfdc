"""Open loop: chats are sent at a rate, whatever the server makes of it."""

import asyncio
from array import array

from chat.load.crowd import Crowd
from chat.load.latencies import Latencies
from chat.load.member import Member
from chat.load.results import Chatted
from chat.load.speakers import now_ns, stamped_frame
from chat.load.tally import Tally

SAMPLES_PER_SECOND = 200_000
GLANCE_SECONDS = 0.25


class Watcher:
    """Notes how long each chat took from when it was due until this member had it."""

    __slots__ = ("durations", "seen")

    def __init__(self, member: Member, durations: "array[int]") -> None:
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
    A chat's time starts when it was due, not when the load engine got round to sending it.
    """

    def __init__(self, crowd: Crowd, rate: float, senders: int, size: int = 64) -> None:
        self.crowd = crowd
        self._rate = rate
        self._size = size
        self._sent = 0
        self._durations: array[int] = array("q")
        crowd.speakers.clear()
        members = list(crowd.members.values())
        self._speaking = [(m, crowd.speakers.add_stamped(m.uuid)) for m in members[:senders]]
        stride = max(1, int(len(members) * rate) // SAMPLES_PER_SECOND)
        self._watched = members[::stride]

    async def run(self, seconds: float, warm: float = 0.5, settle: float = 2.0) -> Chatted:
        """Chat for `warm` + `seconds`, then wait until all has come or nothing does for `settle`.

        Latencies and the rate are those of the second part.
        """
        tally = Tally(self.crowd)
        for member in self._watched:
            Watcher(member, self._durations)
        await self._chat(warm)
        del self._durations[:]
        window = await tally.during(self._chat(seconds))
        await self.crowd.quiet(lambda: tally.complete(self._sent), settle)
        for member in self._watched:
            member.listener = None
        return tally.result(window, self._sent, Latencies(self._durations))

    async def _chat(self, seconds: float) -> None:
        due, apart = now_ns(), int(1e9 / self._rate)
        until = due + int(seconds * 1e9)
        while due < until and self.crowd.going:
            await self._sleep_until(due)
            while due < until and due <= now_ns():
                self._say(due)
                due += apart
        await self._sleep_until(until)

    async def _sleep_until(self, due: int) -> None:
        while (left := (due - now_ns()) / 1e9) > 0 and self.crowd.going:
            await asyncio.sleep(min(left, GLANCE_SECONDS))

    def _say(self, due: int) -> None:
        member, tag = self._speaking[self._sent % len(self._speaking)]
        if member.closed:
            return
        self.crowd.send(member, stamped_frame(tag, due, self._size))
        self._sent += 1
