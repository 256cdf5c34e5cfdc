"""The one room: who joins and leaves, what is said, and the one order that everybody sees.

Nothing is delivered on the side: what a member of this process says goes out through the channel
layer and comes back through it, so every process hands out the same batches in the same order.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chat.protocol import messages as protocol
from chat.protocol.frames import count_from, frame
from chat.protocol.messages import SYSTEM, Action, CloseCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat.door.door import Door
    from chat.room.brake import Brake
    from chat.room.fanout import Fanout
    from chat.room.history import History
    from chat.room.listener import Listener
    from chat.room.member import Member
    from chat.room.outbox import Outbox
    from chat.room.pacing import Pacer


class Room:
    """One process's part of the room; `members` are its members by id.

    A member is known from `join` on; it is written to from the moment its own connect comes back
    through the channel layer.
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        *,
        door: Door,
        outbox: Outbox,
        fanout: Fanout,
        pacer: Pacer,
        brake: Brake,
        history: History,
        listeners: Sequence[Listener],
    ) -> None:
        self.members: dict[str, Member] = {}
        self._joining: dict[str, tuple[Member, bytes]] = {}  # and their own connects
        self._door = door
        self._outbox = outbox
        self._fanout = fanout
        self._pacer = pacer
        self._brake = brake
        self._history = history
        self._listeners = listeners

    def join(self, member: Member) -> None:
        """Add a member: its connect is announced, and from that on it gets every message.

        Harmless if it is in the room, or has left it.
        """
        if member.in_room or member.has_left:
            return
        member.in_room = True
        notice = frame(protocol.encode(SYSTEM, Action.CONNECT, member.id))
        self.members[member.id] = member
        self._joining[member.id] = (member, notice)
        self._outbox.add_join(member.id, notice)
        self._door.entered(member.visitor)
        for listener in self._listeners:
            listener.joined(member)

    def leave(self, member: Member, code: int, reason: str = "") -> None:
        """Take a member out and announce it; harmless if it is out already.

        `code` is the close code of the connection, 1006 where it ended without one; `reason` is
        what the member was told, if the leaving was not its own idea.
        """
        if not member.in_room:
            return
        member.in_room, member.has_left = False, True
        del self.members[member.id]
        self._joining.pop(member.id, None)
        for part in (self._brake, self._pacer, self._fanout):
            part.forget(member)
        notice = frame(protocol.encode(SYSTEM, Action.DISCONNECT, member.id))
        self._outbox.add_leave(member.id, notice)
        self._door.went(member.visitor)
        for listener in self._listeners:
            listener.left(member, code, reason)

    def chat(self, member: Member, contents: str) -> None:
        """Send a member's chat to everyone."""
        if not member.in_room:
            return
        member.messages += 1
        member.last_seen = now = time.time()
        self._outbox.add(frame(protocol.encode_chat(member.opening, contents, int(now))))
        if self._brake.is_full:
            self._brake.hold(member)

    def expel(self, member: Member, code: CloseCode, reason: str) -> None:
        """Disconnect a member after an `error` that says why, and announce that it left.

        Its own connect is the first message that it gets, also if that has not come back yet.
        """
        _, own_connect = self._joining.get(member.id, (member, b""))
        self.leave(member, code.code, reason)
        error = frame(protocol.encode(SYSTEM, Action.ERROR, reason))
        member.transport.close(code, own_connect + error)

    def fail(self, member: Member) -> None:
        """Disconnect a member whose message could not be handled, and announce that it left."""
        self.leave(member, protocol.FAILED.code, protocol.FAILED.meaning)
        member.transport.close(protocol.FAILED)

    def give_up(self, member: Member) -> None:
        """Disconnect a member that does not read, and announce that it left."""
        self.leave(member, protocol.TOO_SLOW.code, protocol.TOO_SLOW.meaning)
        member.transport.close_slow(protocol.TOO_SLOW)

    def deliver(self, frames: bytes, count: int, joins: Iterable[tuple[int, str]]) -> int:
        """Hand out the next `count` frames of the room's order; return how many all members get.

        `joins` are the ids of those whose connects are among them, with the offsets in bytes.
        """
        joining = self._joining
        joined = [(offset, joining.pop(id_)[0]) for offset, id_ in joins if id_ in joining]
        self._history.pass_by(frames, joined)
        messages = count * self._fanout.hearing
        if joined:
            messages += count_from(frames, {offset for offset, _ in joined})
            messages += sum(count_from(member.preface, {0}) for _, member in joined)
        self._fanout.deliver(frames, joined)
        return messages
