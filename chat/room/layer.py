"""What the two channel layers share: the room's group, and the channels of this process."""

from __future__ import annotations

import logging
import uuid
from collections import deque
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final

from chat.room.background import run_in_background
from chat.transport.channel_queue import ChannelQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from chat.room.member import Member
    from chat.room.room import Room

# The one group. Adding the channel of an attached member to it announces the member, discarding it
# announces the leave; what the group is sent reaches every member of every process in one order.
ROOM: Final = "room"
# What the names of consumers' channels begin with; behind the "!" stands the member's id.
PREFIX: Final = "member"
# Events that wait in a channel at most, as in Channels' own layers: further ones are dropped.
CAPACITY: Final = 100

logger = logging.getLogger(__name__)


class RoomLayer:
    """A channel layer (Channels' API) that carries the room beside other groups and channels.

    Channels are known in their own process alone. If a member's socket is attached, the room's
    group writes to that; otherwise what the group is sent waits in the member's channel until the
    consumer receives it.

    Attributes:
        skipped: events to members that their consumer has no handler for; stock Channels ends every
            consumer that gets one.

    """

    extensions = ("groups", "flush")

    def __init__(self) -> None:
        self.skipped = 0
        self._room: Room | None = None
        self._attached: dict[str, Member] = {}  # those that have not joined yet
        self._groups: dict[str, set[str]] = {}
        self._queues: dict[str, ChannelQueue] = {}
        self._events: dict[str, deque[dict[str, Any]]] = {}

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
        """Return what waits in a channel until its consumer receives it."""
        if channel not in self._queues:
            self._queues[channel] = ChannelQueue(lambda: self._end(channel))
        return self._queues[channel]

    # Channels' API

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group; to the room's, its member joins and everyone is told."""
        if group == ROOM and self._room is not None and channel in self._attached:
            self._room.join(self._attached.pop(channel))
        elif group in self._groups:
            self._groups[group].add(channel)
        else:
            self._groups[group] = {channel}
            await self._open_group(group)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group; out of the room's, its member leaves. Harmless twice."""
        if group == ROOM:
            self._leave(channel)
        else:
            self._discard(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send an event to every channel of a group, in every process; in one order to the room."""
        raise NotImplementedError

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send an event to a channel of this process."""
        self._deliver([channel], message)

    def receive(self, channel: str) -> Awaitable[dict[str, Any]]:
        """Return the next event of a channel, when it comes."""
        return self.queue(channel).receive()

    async def flush(self) -> None:
        """Forget all groups but the room's, which keeps its members."""
        for group in list(self._groups):
            self._groups[group].clear()

    # What comes from the group

    def deliver_event(self, group: str, event: dict[str, Any]) -> None:
        """Hand an event to the channels of a group that are in this process."""
        channels = list(self._groups.get(group, ()))
        if group == ROOM and self._room is not None:
            channels += [f"{PREFIX}!{member_id}" for member_id in self._room.members]
        if _handler_name(event):
            self._deliver(channels, event)
        else:
            self.skipped += 1

    async def _open_group(self, group: str) -> None:
        """Have what other processes send to a group delivered here."""

    def _deliver(self, channels: list[str], event: dict[str, Any]) -> None:
        is_skipped = False
        for channel in channels:
            member = self._member(channel)
            if member is None:
                self._put(channel, event)
            elif iscoroutinefunction(getattr(member.consumer, _handler_name(event), None)):
                self._hand_on(member, event)
            else:
                is_skipped = True
        self.skipped += is_skipped

    def _put(self, channel: str, event: dict[str, Any]) -> None:
        """Queue an event in a channel that is no member's; if that is over, drop it."""
        if channel in self._queues or not channel.startswith(f"{PREFIX}!"):
            queue = self.queue(channel)
            if len(queue) < CAPACITY:
                queue.put(event)

    def _hand_on(self, member: Member, event: dict[str, Any]) -> None:
        """Have a member's consumer handle an event, after those before it."""
        if isinstance(member.transport, ChannelQueue):
            member.transport.put(event)
        elif member.id in self._events:
            self._events[member.id].append(event)
        else:
            self._events[member.id] = deque([event])
            run_in_background(self._handle(member))

    async def _handle(self, member: Member) -> None:
        waiting = self._events[member.id]
        while waiting:
            try:
                await member.consumer.dispatch(waiting.popleft())
            except Exception:
                logger.exception("a consumer failed to handle an event")
        del self._events[member.id]

    # The end of a channel

    def _member(self, channel: str) -> Member | None:
        if self._room is None:
            return None
        return self._room.members.get(channel.removeprefix(f"{PREFIX}!"))

    def _discard(self, group: str, channel: str) -> None:
        self._groups.get(group, set()).discard(channel)

    def _leave(self, channel: str) -> None:
        """Take a channel out of all groups, and its member out of the room."""
        self._attached.pop(channel, None)
        for group in self._groups:
            self._discard(group, channel)
        member = self._member(channel)
        if member is not None and self._room is not None:
            self._room.leave(member, member.close_code)

    def _end(self, channel: str) -> None:
        """Forget a channel whose consumer has ended."""
        self._queues.pop(channel, None)
        self._leave(channel)


def _handler_name(event: dict[str, Any]) -> str:
    """Return the name of an event's handler, "" if its type is none of Channels'."""
    kind = event.get("type")
    name = kind.replace(".", "_") if isinstance(kind, str) else ""
    return "" if name.startswith("_") else name
