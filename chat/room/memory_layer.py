from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Any

from channels.layers import InMemoryChannelLayer

if TYPE_CHECKING:
    from collections.abc import Callable

    Message = dict[str, Any]


class MemoryLayer(InMemoryChannelLayer):
    """The channel layer of a single process, without what the stock one does for each message.

    Stock Channels copies every message deeply and makes a task for each receiver, looks through all
    channels on every receive, and drops in silence: what finds a channel full, what is older than a
    minute, memberships of a day. Here a message is handed on as it is, so nobody may change it, and
    stays until it is received: the room has its own bounds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._heard: dict[str, Callable[[Message], None]] = {}

    def listen(self, channel: str, heard: Callable[[Message], None]) -> None:
        """Call `heard` with each message of the channel as it is sent, in place of `receive`."""
        self._heard[channel] = heard

    def hand_out(self, group: str, message: Message) -> None:
        """Hand the message to every channel of the group."""
        for channel in self.groups.get(group, ()):
            heard = self._heard.get(channel)
            if heard is not None:
                heard(message)
            else:
                self._queue(channel).put_nowait((inf, message))

    async def group_send(self, group: str, message: Message) -> None:
        """Do the same (Channels' layer API)."""
        self.hand_out(group, message)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take the channel out of the group, and its listener with it."""
        self._heard.pop(channel, None)
        await super().group_discard(group, channel)

    async def receive(self, channel: str) -> Message:
        """Return the next message of the channel; wait for one if there is none."""
        _, message = await self._queue(channel).get()
        return message

    def _queue(self, channel: str) -> asyncio.Queue[tuple[float, Message]]:
        if channel not in self.channels:
            self.channels[channel] = asyncio.Queue()
        queue: asyncio.Queue[tuple[float, Message]] = self.channels[channel]
        return queue
