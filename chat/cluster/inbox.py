from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from channels_redis.pubsub import RedisPubSubLoopLayer


class Inbox:
    """What one channel of the layer has received and nobody has taken yet."""

    def __init__(self, layer: RedisPubSubLoopLayer, channel: str, arrived: asyncio.Event) -> None:
        self._layer = layer
        self._channel = channel
        self._queue: asyncio.Queue[Any] = layer.channels[channel]
        self._arrived = arrived

    def __len__(self) -> int:
        return self._queue.qsize()

    async def receive(self) -> dict[str, Any]:
        """Wait for the next message, without the layer's search for this loop's part of it."""
        message: dict[str, Any] = await self._layer.receive(self._channel)
        return message

    def put(self, batch: dict[str, Any]) -> None:
        """Have the channel receive a batch of this process without the way through Redis."""
        self._queue.put_nowait(batch)
        self._arrived.set()

    async def arrives(self, seconds: float) -> bool:
        """Wait for a message; False if none came in time."""
        self._arrived.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._arrived.wait()
        return len(self) > 0
