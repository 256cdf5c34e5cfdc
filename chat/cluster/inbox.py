from __future__ import annotations

import asyncio
import contextlib
from typing import Any


class Inbox:
    """What one channel of the layer has received and nobody has taken yet."""

    def __init__(self, queue: asyncio.Queue[Any], arrived: asyncio.Event) -> None:
        self._queue = queue
        self._arrived = arrived

    def __len__(self) -> int:
        return self._queue.qsize()

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
