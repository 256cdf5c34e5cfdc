from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chat.room.listener import Listener

if TYPE_CHECKING:
    from chat.door.door import Door
    from chat.room.member import Member
    from chat.room.room import Room


class Tally(Listener):
    """Counts since the start of the process, without a step more for any message.

    Every member counts what it says; the sums are made when somebody asks, in whichever thread.
    """

    def __init__(self, room: Room, door: Door) -> None:
        self.joins = 0
        self.leaves: Counter[int] = Counter()
        self._room = room
        self._door = door
        self._messages = 0
        self._bytes = 0

    @property
    def messages(self) -> int:
        """Messages that members sent."""
        return self._messages + sum(member.messages for member in list(self._room.members.values()))

    @property
    def refused(self) -> int:
        """Visitors that were sent away, for whatever reason."""
        return sum(list(self._door.refused.values()))

    @property
    def bytes(self) -> int:
        """Bytes of JSON that members sent."""
        return self._bytes + sum(member.bytes for member in list(self._room.members.values()))

    def joined(self, member: Member) -> None:
        """Count a join."""
        self.joins += 1

    def left(self, member: Member, code: int, reason: str) -> None:
        """Count a leave, and keep what the member had counted."""
        self.leaves[code] += 1
        self._messages += member.messages
        self._bytes += member.bytes
