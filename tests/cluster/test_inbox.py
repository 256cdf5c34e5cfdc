"""What a channel has received."""

from __future__ import annotations

import asyncio
from typing import Any

from chat.cluster.inbox import Inbox


async def test_a_batch_put_in_is_received_next() -> None:
    """A process alone in the room would never hear itself."""
    queue: asyncio.Queue[Any] = asyncio.Queue()
    inbox = Inbox(queue, asyncio.Event())
    assert not inbox
    inbox.put({"number": 1})
    assert len(inbox) == 1
    assert await queue.get() == {"number": 1}


async def test_a_wait_ends_with_what_comes_or_with_its_time() -> None:
    """Batches of several processes would not be joined, or all be late."""
    inbox = Inbox(asyncio.Queue(), asyncio.Event())
    assert not await inbox.arrives(0.01)
    asyncio.get_running_loop().call_soon(inbox.put, {})
    assert await inbox.arrives(60)
