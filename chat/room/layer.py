"""What the two channel layers of the room share: its one group, and the channels of its members."""

from __future__ import annotations

import uuid
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from chat.room.background import run_in_background
from chat.transport.channel_queue import ChannelQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from chat.room.member import Member
    from chat.room.room import Room

# The one group. A layer's `group_add` announces the member behind a channel, `group_discard` its
# leave, and what `group_send` is given reaches every member of every process, in one order.
ROOM: Final = "room"
# What the names of members' channels begin with; behind the "!" stands the member's id.
PREFIX: Final = "member"


class RoomLayer:
    """A channel layer (Channels' API) that carries the room; all else is the `stock` layer's.

    A member's channel is known in its own process alone. If its socket is attached, the group
    writes to that; otherwise what the group sends waits in the channel until the consumer
    receives it.

    Attributes:
        skipped: events to the group that no consumer here has a handler for.

    """

    extensions = ("groups", "flush")

    def __init__(self) -> None:
        self.skipped = 0
        self._room: Room | None = None
        self._attached: dict[str, Member] = {}  # those that have not joined yet
        self._queues: dict[str, ChannelQueue] = {}
        self._events: dict[str, deque[dict[str, Any]]] = {}

    @property
    def stock(self) -> Any:
        """What carries the rest."""
        raise NotImplementedError

    def open(self, room: Room) -> None:
        """Use this process's part of the room from now on."""
        self._room = room

    async def new_channel(self, prefix: str = PREFIX) -> str:
        """Return the name of a new channel; that of a member holds the member's id."""
        return f"{prefix}!{uuid.uuid4()}"

    def attach(self, channel: str, member: Member) -> None:
        """Have a channel lead to a member from now on."""
        self._attached[channel] = member

    def queue(self, channel: str) -> ChannelQueue:
        """Return what waits in a channel whose consumer receives from it."""
        if channel not in self._queues:
            self._queues[channel] = ChannelQueue(lambda: self._end(channel))
        return self._queues[channel]

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group; to the room's, its member joins and everyone is told."""
        member = self._attached.pop(channel, None)
        if group == ROOM and self._room is not None and member is not None:
            self._room.join(member)
        else:
            await self.stock.group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group; out of the room's, its member leaves.

        Harmless if it is not in it.
        """
        self._attached.pop(channel, None)
        member = self._member(channel)
        if member is not None and self._room is not None:
            self._room.leave(member, member.close_code)
        elif group != ROOM:
            await self.stock.group_discard(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send an event to every channel of a group, in every process; in one order to the room."""
        raise NotImplementedError

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send an event to one channel; to a member's, its consumer's handler gets it."""
        member = self._member(channel)
        if member is not None:
            self._hand_on(member, message)
        else:
            await self.stock.send(channel, message)

    def receive(self, channel: str) -> Awaitable[dict[str, Any]]:
        """Return the next event of a channel, when it comes."""
        if channel.startswith(f"{PREFIX}!"):
            return self.queue(channel).receive()
        received: Awaitable[dict[str, Any]] = self.stock.receive(channel)
        return received

    async def flush(self) -> None:
        """Forget what other groups and channels hold; the room's members stay."""
        await self.stock.flush()

    def deliver_event(self, event: dict[str, Any]) -> None:
        """Hand an event to all members of this process; one of a type without a handler is counted.

        Stock Channels ends every consumer that gets one.
        """
        handler = str(event.get("type") or "_").replace(".", "_")
        members = list(self._room.members.values()) if self._room is not None else []
        if handler.startswith("_") or not all(hasattr(each.consumer, handler) for each in members):
            self.skipped += 1
            return
        for member in members:
            self._hand_on(member, event)

    def _hand_on(self, member: Member, event: dict[str, Any]) -> None:
        """Have a member's consumer handle an event, after those before it."""
        if isinstance(member.transport, ChannelQueue):
            member.transport.put(event)
            return
        waiting = self._events.get(member.id)
        if waiting is not None:
            waiting.append(event)
            return
        self._events[member.id] = deque([event])
        run_in_background(self._handle(member))

    async def _handle(self, member: Member) -> None:
        waiting = self._events[member.id]
        try:
            while waiting:
                await member.consumer.dispatch(waiting.popleft())
        finally:
            del self._events[member.id]

    def _member(self, channel: str) -> Member | None:
        prefix, _, member_id = channel.partition("!")
        if prefix != PREFIX or self._room is None:
            return None
        return self._room.members.get(member_id)

    def _end(self, channel: str) -> None:
        """Forget a channel whose consumer has ended, and take its member out of the room."""
        del self._queues[channel]
        self._attached.pop(channel, None)
        member = self._member(channel)
        if member is not None and self._room is not None:
            self._room.leave(member, member.close_code)
