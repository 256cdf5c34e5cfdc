"""What the two channel layers share: the room's group, and the channels of this process."""

from __future__ import annotations

import logging
import uuid
from collections import deque
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final

from chat.room.background import run_in_background
from chat.transport.channel_queue import MOST_EVENTS, ChannelQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from chat.room.member import Member
    from chat.room.room import Room

# The one group. Adding the channel of an attached member to it announces the member, discarding it
# announces the leave; what the group is sent reaches every member of every process in one order.
ROOM: Final = "room"
# What the names of consumers' channels begin with; behind the "!" stands the member's id.
PREFIX: Final = "member"
logger = logging.getLogger(__name__)


class RoomLayer:
    """A channel layer (Channels' API) that carries the room beside other groups and channels.

    Channels are known in their own process alone. The room's group writes to a member's own socket
    if the server handed it over; otherwise what the group is sent waits in the member's channel
    until the consumer receives it.

    Attributes:
        skipped: events that a member's consumer has no handler for, counted once each. Stock
            Channels ends every consumer that gets one.

    """

    extensions = ("groups", "flush")

    def __init__(self) -> None:
        self.skipped = 0
        self._room: Room | None = None
        self._members: dict[str, Member] = {}
        self._groups: dict[str, set[str]] = {}
        self._queues: dict[str, ChannelQueue] = {}
        self._events: dict[Member, deque[dict[str, Any]]] = {}

    def open(self, room: Room) -> None:
        """Use this process's part of the room from now on."""
        self._room = room

    async def new_channel(self, prefix: str = PREFIX) -> str:
        """Return the name of a new channel; that of a member holds the member's id."""
        return f"{prefix}!{uuid.uuid4()}"

    def register(self, channel: str, member: Member) -> None:
        """Register the member behind a channel, before `group_add`."""
        self._members[channel] = member

    def queue(self, channel: str) -> ChannelQueue:
        """Return what waits in a channel until its consumer receives it."""
        if channel not in self._queues:
            self._queues[channel] = ChannelQueue(lambda: self._remove(channel))
        return self._queues[channel]

    # Channels' API

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group.

        To the room's: announce the member, which receives every message from its own `connect` on.
        """
        member = self._members.get(channel)
        if group == ROOM and self._room is not None and member is not None:
            self._room.join(member)
        elif group in self._groups:
            self._groups[group].add(channel)
        else:
            self._groups[group] = {channel}
            await self._open_group(group)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group; harmless if it is not in it.

        Out of the room's: the member leaves, and its channel is in no other group any longer.
        """
        if group == ROOM:
            await self._leave(channel)
        await self._discard(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send an event to every channel of a group, in every process; in one order to the room."""
        raise NotImplementedError

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send an event to a channel of this process."""
        self._deliver([channel], message)

    def receive(self, channel: str) -> Awaitable[dict[str, Any]]:
        """Return the next event of a channel, when it comes."""
        received = self.queue(channel).receive()
        self._forget_if_idle(channel)
        return received

    async def flush(self) -> None:
        """Forget all groups but the room's, which keeps its members."""
        for group, channels in list(self._groups.items()):
            for channel in list(channels):
                await self._discard(group, channel)

    # Events

    def deliver_event(self, group: str, event: dict[str, Any]) -> None:
        """Hand an event to the channels of a group that are in this process."""
        channels = list(self._groups.get(group, ()))
        if group == ROOM:
            channels += [name for name, member in self._members.items() if member.in_room]
        if _handler_name(event):
            self._deliver(channels, event)
        else:
            self.skipped += 1

    async def _open_group(self, group: str) -> None:
        """Have what other processes send to a group delivered here."""

    async def _close_group(self, group: str) -> None:
        """Have it delivered no longer."""

    def _deliver(self, channels: list[str], event: dict[str, Any]) -> None:
        is_skipped = False
        for channel in channels:
            member = self._members.get(channel)
            if member is None:
                self._enqueue(channel, event)
            elif iscoroutinefunction(getattr(member.consumer, _handler_name(event), None)):
                self._dispatch(member, event)
            else:
                is_skipped = True
        self.skipped += is_skipped

    def _enqueue(self, channel: str, event: dict[str, Any]) -> None:
        """Queue an event in a channel; drop it if that is over, or full."""
        if channel in self._queues or not channel.startswith(f"{PREFIX}!"):
            self.queue(channel).put(event)
            self._forget_if_idle(channel)

    def _dispatch(self, member: Member, event: dict[str, Any]) -> None:
        """Have a member's consumer handle an event, after those before it."""
        waiting = self._events.get(member)
        if isinstance(member.transport, ChannelQueue):
            member.transport.put(event)
        elif waiting is None:
            self._events[member] = deque([event])
            run_in_background(self._handle(member))
        elif len(waiting) < MOST_EVENTS:
            waiting.append(event)

    async def _handle(self, member: Member) -> None:
        waiting = self._events[member]
        while waiting:
            try:
                await member.consumer.dispatch(waiting.popleft())
            except Exception:
                logger.exception("a consumer failed to handle an event")
        del self._events[member]

    # The end of a channel

    async def _discard(self, group: str, channel: str) -> None:
        channels = self._groups.get(group, set())
        channels.discard(channel)
        if not channels and self._groups.pop(group, None) is not None:
            await self._close_group(group)

    async def _leave(self, channel: str) -> None:
        member = self._members.pop(channel, None)
        if member is not None and self._room is not None:
            self._room.leave(member, member.close_code)
        for group in [group for group, channels in self._groups.items() if channel in channels]:
            await self._discard(group, channel)

    def _forget_if_idle(self, channel: str) -> None:
        """Forget a channel by which something was sent once; a consumer's own stays to its end."""
        if not channel.startswith(f"{PREFIX}!") and self._queues[channel].is_idle:
            del self._queues[channel]

    def _remove(self, channel: str) -> None:
        """Forget a channel whose consumer has ended, in whatever way."""
        self._queues.pop(channel, None)
        run_in_background(self._leave(channel))


def _handler_name(event: dict[str, Any]) -> str:
    """Return the name of an event's handler, "" if its type is none of Channels'."""
    kind = event.get("type")
    name = kind.replace(".", "_") if isinstance(kind, str) else ""
    return "" if name.startswith("_") else name
