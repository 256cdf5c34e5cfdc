"""What a channel has received."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chat.cluster.layer import ClusterLayer

if TYPE_CHECKING:
    from chat.cluster.inbox import Inbox


@pytest.fixture
async def inbox() -> Inbox:
    """Open a channel of a layer that has not been connected."""
    layer = ClusterLayer(hosts=["redis://127.0.0.1:1"], replay_bytes=1024, timeout=1)
    layer._get_layer().channels["here"] = asyncio.Queue()
    return layer.inbox("here")


async def test_a_batch_put_in_is_received_next(inbox: Inbox) -> None:
    """A process alone in the room would never hear itself."""
    assert not inbox
    inbox.put({"number": 1})
    assert len(inbox) == 1
    assert await inbox.receive() == {"number": 1}
    assert not inbox


async def test_a_wait_ends_with_what_comes_or_with_its_time(inbox: Inbox) -> None:
    """Batches of several processes would not be joined, or all be late."""
    assert not await inbox.arrives(0.01)
    asyncio.get_running_loop().call_soon(inbox.put, {})
    assert await inbox.arrives(60)
    await inbox.receive()
    asyncio.get_running_loop().call_later(0.01, inbox.put, {})
    assert await inbox.arrives(60), "what came before is not waited for"
