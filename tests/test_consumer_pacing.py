"""Members that send faster than they may, with the consumer in this process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat.consumers import ChatConsumer
from tests.fakes import until
from tests.in_process import Connection, LocalRoom, SocketConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# With this one a member may send one message, and the next one in a quarter of an hour.
SLOW: dict[str, Any] = {"rate": 0.001, "burst": 1}

kinds = pytest.mark.parametrize("kind", [Connection, SocketConnection], ids=["channel", "socket"])


@pytest.fixture
async def slow(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalRoom]:
    async with LocalRoom(monkeypatch, **SLOW) as local:
        yield local


@kinds
async def test_a_bad_message_does_not_overtake_what_is_held_back(
    monkeypatch: pytest.MonkeyPatch, kind: type[Connection]
) -> None:
    """Chats that a member sent before a mistake would be lost."""
    async with LocalRoom(monkeypatch, rate=20.0, burst=1) as room:
        anna, bert = await room.join_two(kind)
        for contents in ("1", "2", "3"):
            await anna.chat(contents)
        await anna.send("bad")
        await anna.chat("never")
        chats = [(anna.id, "chat", contents) for contents in ("1", "2", "3")]
        *received, (_, action, contents) = await anna.receive_close()
        assert (received, action, anna.code) == (chats, "error", 1007)
        assert "not JSON" in contents
        left = ("system", "disconnect", anna.id)
        assert await bert.receive_until(anna.id) == [*chats, left]
        assert room.parts.pacer.paced


@kinds
async def test_a_binary_message_waits_its_turn_and_is_refused_then(
    monkeypatch: pytest.MonkeyPatch, kind: type[Connection]
) -> None:
    """A member could send what is refused, as long as it sends too fast."""
    async with LocalRoom(monkeypatch, rate=20.0, burst=1) as room:
        anna = await room.join(kind)
        await anna.chat("1")
        await anna.send(data=b"2")
        chat, (_, action, contents) = await anna.receive_close()
        assert (chat, action, anna.code) == ((anna.id, "chat", "1"), "error", 1003)
        assert "got a binary message" in contents


@kinds
async def test_a_paced_member_still_receives(slow: LocalRoom, kind: type[Connection]) -> None:
    """Slow mode would stop what a member reads, and not only what it sends."""
    anna, bert = await slow.join_two(kind)
    for contents in ("in time", "too early"):
        await anna.chat(contents)
    await until(lambda: len(slow.parts.pacer))
    await bert.chat("hello")
    assert await anna.receive_until("hello") == [
        (anna.id, "chat", "in time"),
        (bert.id, "chat", "hello"),
    ]


async def test_what_a_paced_member_sends_stays_with_its_server(slow: LocalRoom) -> None:
    """A member that floods in slow mode would fill the memory."""
    anna = await slow.join()
    for number in range(50):
        await anna.chat(str(number))
    await until(lambda: len(slow.parts.pacer))
    for _ in range(20):
        await asyncio.sleep(0)
    assert anna.communicator.input_queue.qsize() >= 47


@kinds
async def test_a_paced_member_leaves_at_once(slow: LocalRoom, kind: type[Connection]) -> None:
    """Slow mode would keep members as ghosts until their next message is due."""
    anna, bert = await slow.join_two(kind)
    for contents in ("in time", "too early"):
        await bert.chat(contents)
    await until(lambda: len(slow.parts.pacer))
    if isinstance(bert, SocketConnection):
        bert.client.send_fin()
    else:
        await bert.communicator.send_input({"type": "websocket.disconnect", "code": 1001})
    await anna.receive_until("in time")
    assert await anna.receive() == ("system", "disconnect", bert.id)
    assert slow.members == [anna.id]


@kinds
async def test_nothing_is_held_back_for_a_member_that_is_out(
    slow: LocalRoom, kind: type[Connection]
) -> None:
    """A flood behind a bad message would keep a connection open for as long as slow mode says."""
    anna = await slow.join(kind)
    member = slow.parts.room.members[anna.id]
    await anna.send("bad")
    for _ in range(3):
        await anna.chat("late")
    await anna.receive_close()
    assert (len(slow.parts.pacer), slow.parts.pacer.paced, member.pauses) == (0, 0, 0)


class Failing(ChatConsumer):
    """A consumer with a defect."""

    def chat(self, contents: str) -> None:
        """Fail at one message."""
        if contents == "fail":
            raise LookupError("a defect in a developer's code")
        super().chat(contents)


@kinds
async def test_a_defect_at_a_held_back_message_ends_its_member(
    monkeypatch: pytest.MonkeyPatch, kind: type[Connection]
) -> None:
    """The member would stay in the room, and never be read from again."""
    async with LocalRoom(monkeypatch, Failing, rate=20.0, burst=1) as room:
        anna, bert = await room.join_two(kind)
        await bert.chat("in time")
        await bert.chat("fail")
        await anna.receive_until("in time")
        assert await anna.receive() == ("system", "disconnect", bert.id)
