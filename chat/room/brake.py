"""What keeps this process's memory bounded: who adds to a full room is not read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat.room.fanout import Fanout
    from chat.room.member import Member
    from chat.room.outbox import Outbox


class Brake:
    """The members that are not read from because more than `most` bytes wait."""

    def __init__(self, outbox: Outbox, fanout: Fanout, most: int) -> None:
        self._outbox = outbox
        self._fanout = fanout
        self._most = most
        self._held: dict[Member, None] = {}

    def __len__(self) -> int:
        return len(self._held)

    @property
    def waiting(self) -> int:
        """Bytes that wait to be published or handed out."""
        return self._outbox.size + self._outbox.in_flight + self._fanout.pending_bytes

    @property
    def is_full(self) -> bool:
        """Whether so much waits that reading from members has to pause."""
        return self.waiting > self._most

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be handed out that receiving has to pause, too."""
        return self._fanout.pending_bytes > self._most

    def hold(self, member: Member) -> None:
        """Do not read from this member until there is space."""
        if member not in self._held:
            self._held[member] = None
            member.pause()

    def forget(self, member: Member) -> None:
        """Drop a member that has left."""
        self._held.pop(member, None)

    def release(self) -> None:
        """Read again from those that had to wait, if there is space."""
        if self._held and not self.is_full:
            held, self._held = self._held, {}
            for member in held:
                member.resume()
