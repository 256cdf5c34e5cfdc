"""Closed loop: every sender keeps so many chats under way, and sends one for each that returns."""

import asyncio
from array import array
from collections import deque

from chat.load.crowd import Crowd
from chat.load.latencies import Latencies
from chat.load.member import Member
from chat.load.results import Chatted
from chat.load.speakers import now_ns
from chat.load.tally import Tally

GLANCE_SECONDS = 0.25
PATIENCE_SECONDS = 5.0


class Sender:
    """One member that chats: what it says, and since when each chat of it is under way."""

    __slots__ = ("burst", "heard_ns", "loop", "member", "returned", "sent", "sent_ns")

    def __init__(self, loop: "ClosedLoop", member: Member, frame: bytes, outstanding: int) -> None:
        self.loop = loop
        self.member = member
        self.burst = [frame * count for count in range(outstanding + 1)]
        self.sent = 0
        self.returned = 0
        self.sent_ns: deque[int] = deque()
        self.heard_ns = 0

    def say(self, count: int) -> None:
        """Send `count` chats in one go."""
        self.heard_ns = now = now_ns()
        self.sent += count
        self.sent_ns.extend([now] * count)
        self.loop.crowd.send(self.member, self.burst[count])

    def heard(self, member: Member) -> None:
        """Count which of one's own chats are back, and send as many."""
        own, offset = member.own, member.offset
        if not own or own[0] > offset:
            return
        count = 0
        while own and own[0] <= offset:
            own.popleft()
            count += 1
        self.returned += count
        self._back(min(count, len(self.sent_ns)))

    def _back(self, count: int) -> None:
        now = now_ns()
        sent_ns = self.sent_ns
        self.loop.round_trips.extend([now - sent_ns.popleft() for _ in range(count)])
        if count and self.loop.sending:
            self.say(count)


class ClosedLoop:
    """`senders` members of a crowd, each with `outstanding` chats of `size` bytes under way.

    A sender that has heard nothing of its own for `patience` seconds holds its chats for lost and
    sends anew: a server that loses some is slow then, not stuck.
    """

    def __init__(
        self,
        crowd: Crowd,
        senders: int,
        outstanding: int = 4,
        size: int = 64,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.crowd = crowd
        self.sending = True
        self.round_trips: array[int] = array("q")
        self._outstanding = outstanding
        self._patience = patience
        crowd.speakers.clear()
        speaking = list(crowd.members.values())[:senders]
        self._senders = [self._sender(member, size) for member in speaking]

    async def run(self, seconds: float, warm: float = 0.5, settle: float = 2.0) -> Chatted:
        """Chat for `warm` + `seconds`, then wait until all has come or nothing does for `settle`.

        Only the second part counts for the rate; all of it counts for what was lost.
        """
        tally = Tally(self.crowd)
        for sender in self._senders:
            sender.say(self._outstanding)
        await self._chat(warm)
        del self.round_trips[:]
        window = await tally.during(self._chat(seconds))
        trips = Latencies(self.round_trips)
        await self._finish(tally, settle)
        return tally.result(window, self._sent(), trips)

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

    async def _finish(self, tally: Tally, settle: float) -> None:
        self.sending = False
        await self.crowd.quiet(lambda: tally.complete(self._sent()), settle)
        for sender in self._senders:
            sender.member.listener = None

    def _sent(self) -> int:
        """Count what must reach everyone: all chats, of senders that are gone what returned."""
        return sum(s.returned if s.member.closed else s.sent for s in self._senders)

    def _sender(self, member: Member, size: int) -> Sender:
        frame = self.crowd.speakers.add(member.uuid, size)
        member.own.clear()
        sender = Sender(self, member, frame, self._outstanding)
        member.listener = sender
        return sender
