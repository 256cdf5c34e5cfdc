"""The room's group in a channel layer: members come, go and get what the group is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from channels.layers import BaseChannelLayer

from chat.consumers import ChatConsumer
from chat.door.visitor import Visitor
from chat.room.layer import ROOM
from chat.room.member import Member
from tests.fakes import FakeTransport, until
from tests.in_process import Connection, LocalRoom, SocketConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

kinds = pytest.mark.parametrize("kind", [Connection, SocketConnection], ids=["channel", "socket"])


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalRoom]:
    async with LocalRoom(monkeypatch) as local:
        yield local


async def make_member(room: LocalRoom) -> tuple[str, Member]:
    """Return a channel, and a member for it that is not in the room."""
    channel = await room.layer.new_channel()
    consumer = ChatConsumer(room.parts)
    member = Member(channel.partition("!")[2], FakeTransport(), Visitor(), consumer)
    consumer.member = member
    return channel, member


async def test_names_channels_as_channels_does(room: LocalRoom) -> None:
    """Two members would share a channel, or Channels would refuse its name."""
    names = {await room.layer.new_channel() for _ in range(100)}
    assert len(names) == 100
    assert all(BaseChannelLayer().require_valid_channel_name(name) for name in names)
    assert (await room.layer.new_channel("worker")).startswith("worker!")


@kinds
async def test_a_member_s_id_is_in_the_name_of_its_channel(
    room: LocalRoom, kind: type[Connection]
) -> None:
    """An event that is sent to a member's channel would find no member."""
    anna = await room.join(kind)
    assert room.members == [anna.id]
    consumer = room.parts.room.members[anna.id].consumer
    assert isinstance(consumer, ChatConsumer)
    assert consumer.channel_name == f"member!{anna.id}"


async def test_announces_who_is_added_and_who_is_discarded(room: LocalRoom) -> None:
    """Somebody could be in the group without the others' knowledge, or leave twice."""
    anna = await room.join()
    channel, member = await make_member(room)
    room.layer.register(channel, member)
    await anna.chat("nobody came yet")
    assert (await anna.receive())[2] == "nobody came yet"
    await room.layer.group_add(ROOM, channel)
    assert await anna.receive() == ("system", "connect", member.id)
    member.close_code = 4321
    for _ in range(2):
        await room.layer.group_discard(ROOM, channel)
    assert await anna.receive() == ("system", "disconnect", member.id)
    await anna.chat("a mark")
    assert (await anna.receive())[2] == "a mark"
    assert room.leaves.seen == [(member.id, 4321, "")]


async def test_who_is_discarded_before_it_is_added_never_joins(room: LocalRoom) -> None:
    """A client that leaves during its handshake would stay as a ghost."""
    channel, member = await make_member(room)
    await room.layer.group_discard(ROOM, channel)
    room.layer.register(channel, member)
    await room.layer.group_discard(ROOM, channel)
    await room.layer.group_add(ROOM, channel)
    assert (room.members, room.leaves.seen) == ([], [])


@kinds
async def test_every_way_to_end_leaves(room: LocalRoom, kind: type[Connection]) -> None:
    """A member whose consumer was cancelled, or whose connection broke, would stay as a ghost."""
    anna = await room.join()
    bert, carl = await room.join(kind), await room.join(kind)
    await anna.receive_until(carl.id)
    await bert.disconnect(1001)
    assert await anna.receive() == ("system", "disconnect", bert.id)
    await carl.cancel()
    assert await anna.receive() == ("system", "disconnect", carl.id)
    assert room.leaves.seen == [(bert.id, 1001, ""), (carl.id, 1006, "")]


@kinds
async def test_forgets_who_has_left(room: LocalRoom, kind: type[Connection]) -> None:
    """A server that runs for days would run out of memory."""
    anna = await room.join()
    layer = room.layer
    kept = set(layer._queues), set(layer._members)
    denied, bert, carl = room.connection(kind), await room.join(kind), await room.join(kind)
    denied.scope["headers"] = [(b"host", b"")]
    assert not await denied.open()
    await denied.cancel()
    await bert.disconnect()
    await carl.cancel()
    await until(lambda: room.members == [anna.id])
    await until(lambda: (set(layer._queues), set(layer._members)) == kept)
    assert layer._events == {}


@kinds
async def test_a_flush_keeps_the_members(room: LocalRoom, kind: type[Connection]) -> None:
    """Channels' own way to empty a layer would silence the room."""
    anna = await room.join(kind)
    await room.layer.flush()
    await anna.chat("still here")
    assert await anna.receive() == (anna.id, "chat", "still here")


async def test_what_the_group_is_sent_waits_for_a_slow_server(room: LocalRoom) -> None:
    """Members of a slow server would miss messages: stock layers drop what is too much."""
    received: list[str] = []
    is_slow = asyncio.Event()
    may_go_on = asyncio.Event()

    async def send(event: dict[str, str]) -> None:
        if event["type"] == "websocket.send":
            is_slow.set()
            await may_go_on.wait()
            received.append(event["text"])

    events: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    events.put_nowait({"type": "websocket.connect"})
    consumer = ChatConsumer(room.parts)
    slow = asyncio.create_task(consumer(room.connection().scope, events.get, send))  # type: ignore[arg-type]
    await is_slow.wait()
    anna = await room.join()
    for number in range(500):
        await anna.chat(f"number {number}")
    await anna.receive_until("number 499")
    assert received == []
    may_go_on.set()
    await until(lambda: received and "number 499" in received[-1])
    numbers = [text.split("number ")[1].split('"')[0] for text in received if "number" in text]
    assert numbers == [str(number) for number in range(500)]
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
