"""A volley: every speaker says so many chats as fast as they are taken, and hears its own again."""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING

from wschat_tools.load.latencies import Latencies
from wschat_tools.load.quiet import quiet
from wschat_tools.load.speakers import now_ns
from wschat_tools.load.tally import Tally

if TYPE_CHECKING:
    from wschat_tools.load.crowd import Crowd
    from wschat_tools.load.member import Member
    from wschat_tools.load.results import Chatted
    from wschat_tools.load.speakers import Speaker

# The tester that holds more of its own words than a server's backlog would be thrown out.
UNDER_WAY = 1000
UNDER_WAY_BYTES = 1024 * 1024


class Shooter:
    """One member of a volley: what it has still to say, and what of it has not returned."""

    __slots__ = ("left", "member", "returned", "sent_ns", "speaker", "volley")

    def __init__(self, volley: Volley, member: Member, speaker: Speaker, count: int) -> None:
        self.volley = volley
        self.member = member
        self.speaker = speaker
        self.left = count
        self.returned = 0
        self.sent_ns: deque[int] = deque()

    @property
    def done(self) -> bool:
        """Whether all of it is back, or nothing more can come."""
        return self.member.closed or (self.returned == self.speaker.sent and not self.left)

    def say(self, count: int) -> None:
        """Send `count` chats, or what is left, in one go."""
        count = min(count, self.left)
        if not count:
            return
        self.left -= count
        self.sent_ns.extend([now_ns()] * count)
        self.volley.crowd.send(self.member, self.speaker.frames(count))

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
        self.volley.durations.extend([now - sent_ns.popleft() for _ in range(back)])
        if self.left:
            self.say(count)


class Volley:
    """The first `senders` members that `start` say `count` chats of `size` bytes each.

    They may start while others are still joining. At most 1000 chats of one speaker, and 1 MiB of
    all, are under way. Chats hold some of `sample`.
    """

    def __init__(
        self, crowd: Crowd, count: int, size: int = 64, senders: int = 1 << 31, sample: str = ""
    ) -> None:
        self.crowd = crowd
        self.durations: array[int] = array("q")
        self._count = count
        self._size = size
        self._sample = sample
        self._senders = senders
        self._under_way = max(
            1, min(UNDER_WAY, UNDER_WAY_BYTES // (size * max(1, min(senders, UNDER_WAY))))
        )
        self._shooters: list[Shooter] = []
        self._speaking: dict[Member, Speaker] = {}
        self._began_ns = 0
        crowd.speakers.clear()
        self.tally = Tally(crowd, self._speaking)

    @property
    def failed(self) -> int:
        """How many speakers have not got everything back that they were to say."""
        return sum(shooter.returned != self._count for shooter in self._shooters)

    def start(self, member: Member) -> None:
        """Let a member say all it has to, unless there are speakers enough."""
        if len(self._shooters) >= self._senders:
            return
        if not self._shooters:
            self.tally = Tally(self.crowd, self._speaking)
            self._began_ns = now_ns()
        speaker = self.crowd.speakers.add(member.uuid, self._size, self._sample)
        self._speaking[member] = speaker
        shooter = Shooter(self, member, speaker, self._count)
        self._shooters.append(shooter)
        member.listener = shooter
        shooter.say(self._under_way)

    async def finish(self, patience: float) -> Chatted:
        """Wait until everyone has everything, or nothing has come for `patience` seconds."""
        await quiet(self.crowd, self._complete, patience, lambda: self.tally.deliveries)
        last_ns = max(self.crowd.last_ns, self._began_ns) if self._began_ns else 0
        for shooter in self._shooters:
            shooter.heard(shooter.member)
            shooter.member.listener = None
        window = self.tally.since_start((last_ns - self._began_ns) / 1e9)
        return self.tally.result(window, Latencies(self.durations))

    def _complete(self) -> bool:
        return all(shooter.done for shooter in self._shooters) and self.tally.complete
