"""Closed loop: every sender keeps so many chats under way, and sends one for each that returns."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from typing import TYPE_CHECKING

from wschat_tools.load.latencies import Latencies
from wschat_tools.load.speakers import now_ns
from wschat_tools.load.tally import Tally

if TYPE_CHECKING:
    from wschat_tools.load.crowd import Crowd
    from wschat_tools.load.member import Member
    from wschat_tools.load.results import Chatted
    from wschat_tools.load.speakers import Speaker

GLANCE_SECONDS = 0.25
PATIENCE_SECONDS = 5.0


class Sender:
    """One member that chats: what it says, and since when each chat of it is under way."""

    __slots__ = ("heard_ns", "loop", "member", "sent_ns", "speaker")

    def __init__(self, loop: ClosedLoop, member: Member, speaker: Speaker) -> None:
        self.loop = loop
        self.member = member
        self.speaker = speaker
        self.sent_ns: deque[int] = deque()
        self.heard_ns = 0

    def say(self, count: int) -> None:
        """Send `count` chats in one go."""
        self.heard_ns = now = now_ns()
        self.sent_ns.extend([now] * count)
        self.loop.crowd.send(self.member, self.speaker.frames(count))

    def heard(self, member: Member) -> None:
        """Count which of one's own chats are back, and send as many."""
        own, offset = member.own, member.offset
        if not own or own[0] > offset:
            return
        count = 0
        while own and own[0] <= offset:
            own.popleft()
            count += 1
        self._back(min(count, len(self.sent_ns)))

    def _back(self, count: int) -> None:
        now = now_ns()
        sent_ns = self.sent_ns
        self.loop.durations.extend([now - sent_ns.popleft() for _ in range(count)])
        if count and self.loop.sending:
            self.say(count)


class ClosedLoop:
    """`senders` members of a crowd, each with `outstanding` chats of `size` bytes under way.

    A sender that has heard nothing of its own for `patience` seconds holds its chats for lost and
    sends anew: a server that loses some is slow then, not stuck. Chats hold some of `sample`.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the load
        self,
        crowd: Crowd,
        senders: int,
        outstanding: int = 4,
        size: int = 64,
        *,
        patience: float = PATIENCE_SECONDS,
        sample: str = "",
    ) -> None:
        self.crowd = crowd
        self.sending = True
        self.durations: array[int] = array("q")
        self._outstanding = outstanding
        self._patience = patience
        crowd.speakers.clear()
        speaking = {
            member: crowd.speakers.add(member.uuid, size, sample)
            for member in list(crowd.members.values())[:senders]
        }
        self._senders = [Sender(self, member, speaker) for member, speaker in speaking.items()]
        self.tally = Tally(crowd, speaking)

    async def run(self, seconds: float, warm: float = 0.5, settle: float = 2.0) -> Chatted:
        """Chat for `warm` + `seconds`, then wait until all has come or nothing does for `settle`.

        Only the second part counts for the rate; all of it counts for what was lost.
        """
        for sender in self._senders:
            sender.member.own.clear()
            sender.member.listener = sender
            sender.say(self._outstanding)
        await self._chat(warm)
        del self.durations[:]
        window = await self.tally.during(self._chat(seconds))
        trips = Latencies(self.durations)
        await self._finish(settle)
        return self.tally.result(window, trips)

    async def _chat(self, seconds: float) -> None:
        until = now_ns() + int(seconds * 1e9)
        while (left := (until - now_ns()) / 1e9) > 0 and self.crowd.going:
            await asyncio.sleep(min(left, GLANCE_SECONDS))
            self._send_anew()

    def _send_anew(self) -> None:
        overdue = now_ns() - int(self._patience * 1e9)
        for sender in self._senders:
            if sender.heard_ns < overdue and not sender.member.closed:
                sender.sent_ns.clear()
                sender.say(self._outstanding)

    async def _finish(self, settle: float) -> None:
        self.sending = False
        await self.tally.settle(settle)
        for sender in self._senders:
            sender.member.listener = None
