"""Verify what each member receives against the one stream that all should receive.

In a room with one order, every member gets the same bytes from its own connect on. So one stream
(the longest seen) is parsed, and a member is an offset into it: its chunk is verified with one
memcmp. Whoever's bytes differ gets a stream of its own: slower, and counted as precisely.
"""

from collections.abc import Callable, Collection

from wschat_tools.load.errors import ChatError
from wschat_tools.load.frames import CLOSE, PING, PONG, Control, masked_frame, read_control
from wschat_tools.load.member import Member
from wschat_tools.load.speakers import Speakers, now_ns
from wschat_tools.load.stream import Stream
from wschat_tools.load.waiting import Waiting

LAG_BYTES = 256 * 1024 * 1024


class Reference:
    """The stream that all share, who follows it, and who (`apart` of them) no longer does.

    `named` is told of every member as soon as it has heard its own connect.
    """

    def __init__(self, speakers: Speakers, answer: Callable[[Member, bytes], None]) -> None:
        self.stream = Stream(speakers)
        self.apart = 0
        self.named: Callable[[Member], object] = lambda _: None
        self._speakers = speakers
        self._answer = answer
        self._pending: dict[bytes, Waiting] = {}

    def take_first(self, member: Member, chunk: memoryview) -> None:
        """Name a member by its first message, which must be its own connect."""
        member.held += chunk
        if not self._behind_control(member):
            return
        (first := Stream(self._speakers)).extend(memoryview(member.held))
        if not first.notice_ends:
            return
        if not first.fresh:
            said = (first.errors or ["no connect"])[0]
            raise ChatError(f"got {said!r} as first message, expected one's own connect")
        member.uuid = first.fresh[0]
        member.ready_ns = now_ns()
        self._find_place(member)
        self.named(member)

    def split_pending(self) -> None:
        """Give members whose own connect nobody else got a stream of their own."""
        for waiting in [*self._pending.values()]:
            self._split(waiting.member)

    def read_ahead(self) -> None:
        """Let those who wait for their place hear of their own chats."""
        for waiting in list(self._pending.values()):
            waiting.read_ahead()

    def lose(self, member: Member) -> None:
        """Wait no longer for a member that is gone."""
        self._pending.pop(member.uuid, None)

    def forget(self, members: Collection[Member]) -> None:
        """Drop what every member has passed; who is far behind is no longer waited for."""
        followers = [m for m in members if m.placed and m.stream is self.stream]
        for member in followers:
            if member.offset < self.stream.end - LAG_BYTES:
                self._part(member, memoryview(b""))
        offsets = (m.offset for m in followers if m.stream is self.stream)
        self.stream.forget(min(offsets, default=self.stream.end))

    def take(self, member: Member, chunk: memoryview) -> None:
        """Verify a chunk: the way of nearly all bytes."""
        stream = self.stream
        if stream.data.startswith(chunk, member.offset - stream.base):
            member.offset += len(chunk)
        else:
            self._differ(member, chunk)

    def _find_place(self, member: Member) -> None:
        place = self.stream.joined.get(member.uuid)
        if not self.stream.end:
            self._follow(member, 0)
        elif place is None:
            waiting = self._pending[member.uuid] = Waiting(member, self._speakers)
            self.stream.echoes[member.uuid] = waiting.echoes
            member.take = self._take_pending
        elif place < self.stream.base:
            self._split(member)
        else:
            self._follow(member, place)

    def _take_pending(self, member: Member, chunk: memoryview) -> None:
        """Keep what comes until the reference has the member's own connect."""
        member.held += chunk

    def _follow(self, member: Member, place: int) -> None:
        member.placed = True
        member.start = member.offset = place
        member.earlier = self.stream.counts_before(place)
        held, member.held = member.held, b""
        member.take = self.take
        self.stream.echoes[member.uuid] = member.own
        self.take(member, memoryview(held))

    def _place_pending(self) -> None:
        fresh, self.stream.fresh = self.stream.fresh, []
        for uuid in fresh:
            waiting = self._pending.pop(uuid, None)
            if waiting:
                waiting.untold(waiting.echoes)
                waiting.member.own.extend(waiting.echoes)
                self._follow(waiting.member, self.stream.joined[uuid])

    def _differ(self, member: Member, chunk: memoryview) -> None:
        """Go beyond the reference, around a control frame, or off to a stream of one's own."""
        same = self.stream.common(member.offset, chunk)
        member.offset += same
        rest = chunk[same:]
        if member.offset == self.stream.end:
            taken = self.stream.extend(rest)
            member.offset += taken
            rest = rest[taken:]
        if (
            rest
            and rest[0] & 0x88 == 0x88
            and self.stream.last_boundary(member.offset) == member.offset
        ):
            self._take_control(member, rest)
        elif rest:
            self._part(member, rest)
        if self.stream.fresh:
            self._place_pending()

    def _part(self, member: Member, rest: memoryview) -> None:
        """Give a member whose bytes differ a stream of its own, from the frame that differs on."""
        shared = self.stream
        own = Stream(self._speakers, shared, place := shared.last_boundary(member.offset))
        own.joined = {uuid: at for uuid, at in shared.joined.items() if member.start <= at < place}
        known = bytes(shared.data[place - shared.base : member.offset - shared.base])
        while member.own and member.own[-1] > place:
            member.own.pop()
        self._leave(member, own, known + bytes(rest))

    def _split(self, member: Member) -> None:
        waiting, held = self._pending.pop(member.uuid, None), member.held
        member.held = b""
        member.alone = True
        member.own.clear()
        self._leave(member, Stream(self._speakers, self.stream), held)
        if waiting is not None:
            waiting.untold(member.own)

    def _leave(self, member: Member, own: Stream, data: bytes) -> None:
        self.apart += 1
        member.placed = True
        self.stream.leave(member.uuid)
        own.echoes[member.uuid] = member.own
        member.stream = own
        member.take = self._take_apart
        self._take_apart(member, memoryview(data))

    def _take_apart(self, member: Member, chunk: memoryview) -> None:
        """Parse what comes for this member alone."""
        own = member.stream
        own.forget(member.offset)
        own.fresh.clear()
        taken = own.extend(chunk)
        member.offset = own.end
        if taken < len(chunk):
            self._take_control(member, chunk[taken:])

    def _take_control(self, member: Member, chunk: memoryview) -> None:
        """Answer a control frame, which belongs to no stream, and go on behind it."""
        member.take = self._take_control
        member.held += chunk
        if not self._behind_control(member):
            return
        rest, member.held = member.held, b""
        member.take = self.take if member.stream is self.stream else self._take_apart
        if rest:
            member.take(member, memoryview(rest))

    def _behind_control(self, member: Member) -> bool:
        """Answer the control frame that is held, if one is; False while it is incomplete."""
        if not member.held or not member.held[0] & 0x08:
            return True
        if (control := read_control(member.held)) is None:
            return False
        member.held = member.held[control.size :]
        self._reply(member, control)
        return True

    def _reply(self, member: Member, control: Control) -> None:
        if control.opcode == CLOSE:
            self._answer(member, masked_frame(CLOSE, control.payload[:2]))
            raise ChatError(control.close_reason)
        if control.opcode == PING:
            self._answer(member, masked_frame(PONG, control.payload))
