from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat.protocol.frames import frame
from chat.room.layer import ROOM
from chat.room.memory_layer import MemoryLayer
from chat.room.outbox import EVENT
from chat.room.publisher import run_now
from tests.fakes import FakeTransport, join, until
from tests.in_process import LocalRoom

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalRoom]:
    async with LocalRoom(monkeypatch) as local:
        yield local


def batch(*texts: bytes) -> dict[str, Any]:
    """Return a batch as the room's outbox makes it."""
    frames = b"".join(frame(text) for text in texts)
    rest: dict[str, Any] = {"at": 0.0, "joins": [], "leaves": [], "controls": []}
    return {"type": EVENT, "frames": frames, "count": len(texts), **rest}


async def test_a_batch_is_delivered_before_the_call_returns_without_waiting(
    room: LocalRoom,
) -> None:
    """A task or a queue would stand between a chat and the members, a third of a small room."""
    transports = [FakeTransport() for _ in range(3)]
    for transport in transports:
        join(room.parts, transport)
    await until(lambda: all(transport.written for transport in transports))
    await asyncio.sleep(0.01)  # the next flush may be at once
    for transport in transports:
        transport.written.clear()
    run_now(room.layer.group_send(ROOM, batch(b"1", b"2")))
    assert [transport.heard for transport in transports] == [frame(b"1") + frame(b"2")] * 3


async def test_every_member_gets_every_batch_in_order(room: LocalRoom) -> None:
    """Members would miss messages, or see them in another order than others."""
    transports = [FakeTransport() for _ in range(3)]
    for transport in transports:
        join(room.parts, transport)
    await until(lambda: all(transport.written for transport in transports))
    texts = [str(number).encode() for number in range(5000)]
    for text in texts:
        await room.layer.group_send(ROOM, batch(text))
    frames = b"".join(map(frame, texts))
    await until(lambda: all(each.heard.endswith(frame(texts[-1])) for each in transports))
    assert all(transport.heard.endswith(frames) for transport in transports)


async def test_an_empty_room_takes_batches(room: LocalRoom) -> None:
    """The last member's leave would fail for want of a receiver."""
    await room.layer.group_send(ROOM, batch(b"nobody reads this"))
    anna = await room.join()
    await anna.chat("hello")
    assert await anna.receive() == (anna.id, "chat", "hello")


async def test_a_layer_without_a_room_is_an_ordinary_one() -> None:
    """Management commands and tests that use the layer without a room would fail."""
    layer = MemoryLayer()
    await layer.start()
    assert (layer.online, layer.errors, layer.fault, layer.skipped) == (0, 0, "", 0)
    channel = await layer.new_channel("worker")
    await layer.group_add(ROOM, channel)
    await layer.group_send(ROOM, {"type": "news", "number": 1})
    assert await layer.receive(channel) == {"type": "news", "number": 1}
    await layer.group_discard(ROOM, channel)
    await layer.group_send(ROOM, {"type": "news", "number": 2})
    await layer.send(channel, {"type": "news", "number": 3})
    assert await layer.receive(channel) == {"type": "news", "number": 3}
    await layer.stop()


async def test_tells_how_many_members_there_are(room: LocalRoom) -> None:
    """The page and the limit on members would count wrongly."""
    assert room.layer.online == 0
    _, bert = await room.join_two()
    assert room.layer.online == 2
    await bert.disconnect()
    assert room.layer.online == 1
