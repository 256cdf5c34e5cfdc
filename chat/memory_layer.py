from __future__ import annotations

import asyncio
from math import inf
from typing import Any

from channels.layers import InMemoryChannelLayer


class MemoryLayer(InMemoryChannelLayer):
    """The channel layer of a single process, without what the stock one does for each message.

    Stock Channels copies every message deeply and makes a task for each receiver, looks through all
    channels on every receive, and drops in silence: what finds a channel full, what is older than a
    minute, memberships of a day. Here a message is handed on as it is, so nobody may change it, and
    stays until it is received: the room has its own bounds.
    """

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Hand the message to every channel of the group."""
        for channel in self.groups.get(group, ()):
            self._queue(channel).put_nowait((inf, message))

    async def receive(self, channel: str) -> dict[str, Any]:
        """Return the next message of the channel; wait for one if there is none."""
        _, message = await self._queue(channel).get()
        return message

    def _queue(self, channel: str) -> asyncio.Queue[tuple[float, dict[str, Any]]]:
        if channel not in self.channels:
            self.channels[channel] = asyncio.Queue()
        queue: asyncio.Queue[tuple[float, dict[str, Any]]] = self.channels[channel]
        return queue
