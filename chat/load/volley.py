"""A volley: every speaker says so many chats as fast as they are taken, and hears its own again."""

from __future__ import annotations

import time
from array import array
from collections import deque
from typing import TYPE_CHECKING

from chat.load.latencies import Latencies
from chat.load.results import Chatted
from chat.load.speakers import now_ns

if TYPE_CHECKING:
    from chat.load.crowd import Crowd
    from chat.load.member import Member

UNDER_WAY = 1000


class Speaker:
    """One member of a volley: what it has still to say, and what of it has not returned."""

    __slots__ = ("frame", "left", "member", "returned", "sent", "sent_ns", "volley")

    def __init__(self, volley: Volley, member: Member, frame: bytes, count: int) -> None:
        self.volley = volley
        self.member = member
        self.frame = frame
        self.left = count
        self.sent = self.returned = 0
        self.sent_ns: deque[int] = deque()

    @property
    def done(self) -> bool:
        """Whether all of it is back, or nothing more can come."""
        return self.member.closed or (self.returned == self.sent and not self.left)

    def say(self, count: int) -> None:
        """Send `count` chats, or what is left, in one go."""
        count = min(count, self.left)
        self.left -= count
        self.sent += count
        self.sent_ns.extend([now_ns()] * count)
        self.volley.crowd.send(self.member, self.frame * count)

    def heard(self, member: Member) -> None:
        """Count which of one's own chats are back, and send as many of those that are left."""
        own, count = member.own, 0
        while own and own[0] <= member.offset:
            own.popleft()
            count += 1
        if not count:
            return
        self.returned += count
        now, sent_ns = now_ns(), self.sent_ns
        back = min(count, len(sent_ns))
        self.volley.round_trips.extend([now - sent_ns.popleft() for _ in range(back)])
        if self.left:
            self.say(count)


class Volley:
    """The first `senders` members that `start` say `count` chats of `size` bytes each.

    They may start while others are still joining. At most 1000 chats of one speaker are under way:
    the tester that holds more of its own words than a server's backlog would be thrown out.
    """

    def __init__(self, crowd: Crowd, count: int, size: int = 64, senders: int = 1 << 31) -> None:
        self.crowd = crowd
        self.round_trips: array[int] = array("q")
        self._count = count
        self._size = size
        self._senders = senders
        self._speakers: list[Speaker] = []
        self._began_ns = 0
        self._began_cpu = 0.0
        crowd.speakers.clear()

    @property
    def sent(self) -> int:
        """How many chats have been sent so far."""
        return sum(speaker.sent for speaker in self._speakers)

    @property
    def failed(self) -> int:
        """How many speakers have not got everything back that they were to say."""
        return sum(speaker.returned != self._count for speaker in self._speakers)

    def start(self, member: Member) -> None:
        """Let a member say all it has to, unless there are speakers enough."""
        if len(self._speakers) >= self._senders:
            return
        if not self._speakers:
            self._began_ns, self._began_cpu = now_ns(), time.process_time()
        frame = self.crowd.speakers.add(member.uuid, self._size)
        speaker = Speaker(self, member, frame, self._count)
        self._speakers.append(speaker)
        member.listener = speaker
        speaker.say(UNDER_WAY)

    async def finish(self, patience: float) -> Chatted:
        """Wait until everyone has everything, or nothing has come for `patience` seconds."""
        await self.crowd.quiet(self._complete, patience)
        last_ns = max(self.crowd.last_ns, self._began_ns) if self._began_ns else 0
        for speaker in self._speakers:
            speaker.heard(speaker.member)
            speaker.member.listener = None
        return self._result((last_ns - self._began_ns) / 1e9)

    def _complete(self) -> bool:
        if not all(speaker.done for speaker in self._speakers):
            return False
        due = self._due()
        return all(member.alone or member.chats >= due for member in self._present())

    def _due(self) -> int:
        """Count what must have reached everyone: of speakers that are gone, what returned."""
        return sum(s.returned if s.member.closed else s.sent for s in self._speakers)

    def _present(self) -> list[Member]:
        return [member for member in self.crowd.members.values() if member.uuid]

    def _result(self, seconds: float) -> Chatted:
        due, present = self._due(), self._present()
        alone = [s for s in self._speakers if s.member.alone and not s.member.closed]
        sharing = [member for member in present if not member.alone]
        cpu = time.process_time() - self._began_cpu
        return Chatted(
            seconds=seconds,
            deliveries=sum(member.chats - member.earlier for member in present),
            sent=self.sent,
            expected=sum(due - m.earlier for m in sharing) + sum(s.sent for s in alone),
            lost=sum(max(0, due - m.chats) for m in sharing)
            + sum(max(0, s.sent - s.returned) for s in alone),
            extra=sum(max(0, member.chats - due) for member in sharing),
            garbled=sum(s.garbled for s in {id(m.stream): m.stream for m in present}.values()),
            latencies=Latencies(self.round_trips),
            load_cpu=cpu / seconds if seconds else 0.0,
            same_stream=self.crowd.same_stream,
            problems=dict(self.crowd.problems),
            send_times=Latencies(self.crowd.send_times),
        )
