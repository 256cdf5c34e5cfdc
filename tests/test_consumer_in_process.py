"""The consumer as Channels' own tools test it: WebsocketCommunicator, and no server."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator

from chat.config.conf import Conf
from chat.consumers import ChatConsumer
from chat.door.bans import BanList, BannedNetwork
from chat.protocol.messages import BANNED, KICKED
from chat.room.memory_layer import MemoryLayer
from chat.serving.assembly import make_room
from tests.in_process import HOST, LocalRoom, do_nothing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.in_process import Connection


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch, settings: Any) -> AsyncIterator[LocalRoom]:
    settings.ALLOWED_HOSTS = [HOST[1].decode()]
    async with LocalRoom(monkeypatch) as local:
        yield local


async def test_works_as_the_tutorial_tests_a_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Developers who know Channels could not test what they change."""
    layer = MemoryLayer()
    parts = make_room(layer, Conf())
    monkeypatch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, layer)
    monkeypatch.setattr("channels.generic.websocket.aclose_old_connections", do_nothing)
    communicator = WebsocketCommunicator(ChatConsumer.as_asgi(parts=parts), "/", headers=[HOST])
    assert await communicator.connect() == (True, None)
    own_id = (await communicator.receive_json_from())["contents"]
    await communicator.send_json_to({"contents": "hello"})
    message = await communicator.receive_json_from()
    assert (message["sender"], message["contents"]) == (own_id, "hello")
    await communicator.disconnect()
    assert parts.room.members == {}
    await parts.stop()


async def test_joins_chats_and_leaves(room: LocalRoom) -> None:
    """Members would miss joins, chats or leaves, or receive them in another order."""
    anna, bert = await room.join_two()
    member = room.parts.room.members[anna.id]
    for text in ("hello", "again"):
        await anna.chat(text)
        for connection in (anna, bert):
            assert await connection.receive() == (anna.id, "chat", text)
    assert (member.messages, member.bytes) == (2, 2 * len('{"contents": "hello"}'))
    await anna.disconnect(1001)
    assert await bert.receive() == ("system", "disconnect", anna.id)
    assert room.members == [bert.id]
    assert room.leaves.seen == [(anna.id, 1001, "")]


async def test_other_paths_are_refused(room: LocalRoom) -> None:
    """Every path would lead to the room, so that proxies could serve nothing beside it."""
    stray = room.connection()
    stray.scope["path"] = "/elsewhere"
    assert not await stray.open()
    await stray.communicator.wait()
    assert room.members == []


@pytest.mark.parametrize(
    ("text", "data", "code", "error"),
    [
        ("{}", None, 1007, "got an object without contents, expected a string as contents"),
        ("", None, 1007, "got text that is not JSON"),
        ('{"contents":"","x":' + "[" * 20_000, None, 1007, "nested too deeply"),
        ('{"contents":"' + "x" * 65_536 + '"}', None, 1009, "expected at most 65536"),
        (None, b'{"contents":"hi"}', 1003, "got a binary message"),
        (None, b"", 1003, "got a binary message"),
    ],
    ids=["no contents", "empty", "nested", "too long", "binary", "empty binary"],
)
async def test_a_bad_message_costs_its_sender_the_connection(
    room: LocalRoom, text: str | None, data: bytes | None, code: int, error: str
) -> None:
    """The sender would not learn what is wrong, or the others would receive it."""
    anna, bert = await room.join_two()
    await anna.send(text, data)
    await anna.chat("not any more")
    [(sender, action, contents)] = await anna.receive_close()
    assert (sender, action, anna.code) == ("system", "error", code)
    assert error in contents
    assert await bert.receive() == ("system", "disconnect", anna.id)
    await bert.chat("a mark")
    assert await bert.receive() == (bert.id, "chat", "a mark")
    assert room.members == [bert.id]
    assert room.leaves.seen == [(anna.id, code, contents)]


async def test_a_denied_handshake_joins_nobody(room: LocalRoom) -> None:
    """A page of another site could join in its visitor's name."""
    stranger = room.connection()
    stranger.scope["headers"] = [(b"host", b"evil.example")]
    assert not await stranger.open()
    await stranger.chat("let me in")
    await stranger.disconnect(1006)
    assert room.parts.door.refused == {"host": 1}
    assert (room.members, room.leaves.seen) == ([], [])


async def _denial(connection: Connection) -> tuple[int, bytes]:
    """Return the status and the body that a handshake is refused with."""
    connection.scope["extensions"] = {"websocket.http.response": {}}
    await connection.communicator.send_input({"type": "websocket.connect"})
    start = await connection.communicator.receive_output()
    assert start["type"] == "websocket.http.response.start"
    assert start["headers"] == [(b"content-type", b"text/plain")]
    body = await connection.communicator.receive_output()
    assert body["type"] == "websocket.http.response.body"
    await connection.disconnect(1006)
    return start["status"], body["body"]


async def test_a_denial_has_a_status_and_a_reason_if_the_server_can_send_them(
    room: LocalRoom,
) -> None:
    """A client could not tell a wrong address from a server that is full for the moment."""
    stranger, late = room.connection(), room.connection()
    stranger.scope["headers"] = [(b"host", b"evil.example")]
    assert await _denial(stranger) == (400, b"this Host is not in WSCHAT_ALLOWED_HOSTS\n")
    room.parts.closing.is_closing = True
    assert await _denial(late) == (503, b"the room takes nobody in at the moment, try later\n")
    assert room.members == []


async def test_a_banned_client_learns_why(room: LocalRoom) -> None:
    """A banned person would come back again and again without knowing why it fails."""
    anna, banned = await room.join(), room.connection()
    network = ip_network("192.0.2.0/24")
    room.parts.door.bans = BanList([BannedNetwork(network, "spam", None)])
    assert await banned.open()
    await banned.chat("let me in")
    assert await banned.receive_close() == [("system", "error", "banned: spam")]
    assert banned.code == BANNED.code
    await anna.chat("nobody came")
    assert await anna.receive() == (anna.id, "chat", "nobody came")
    assert room.leaves.seen == []


async def test_a_kick_closes_behind_the_reason(room: LocalRoom) -> None:
    """A kicked member would not learn why, or would come back at once."""
    anna, bert = await room.join_two()
    room.parts.steering.kick(bert.id, KICKED, "be nice")
    assert await bert.receive_close() == [("system", "error", "be nice")]
    assert bert.code == KICKED.code
    assert await anna.receive() == ("system", "disconnect", bert.id)
    assert room.leaves.seen == [(bert.id, KICKED.code, "be nice")]


async def test_a_cancelled_consumer_leaves(room: LocalRoom) -> None:
    """A server that cancels its applications would leave ghosts behind."""
    anna, bert = await room.join_two()
    await bert.cancel()
    assert await anna.receive() == ("system", "disconnect", bert.id)
    assert room.leaves.seen == [(bert.id, 1006, "")]


async def test_a_client_that_is_gone_leaves(room: LocalRoom) -> None:
    """Servers raise if a client is gone: its member would stay as a ghost, or fill the log."""
    anna = await room.join()
    is_gone = False

    async def send(event: Any) -> None:
        if event["type"] == "websocket.send" and is_gone:
            raise ConnectionResetError

    events: asyncio.Queue[Any] = asyncio.Queue()
    events.put_nowait({"type": "websocket.connect"})
    scope = room.connection().scope
    consumer = ChatConsumer(room.parts)(scope, events.get, send)
    task = asyncio.create_task(consumer)
    _, _, ghost = await anna.receive()
    is_gone = True
    await anna.chat("anyone?")
    await asyncio.wait_for(task, 5)
    assert await anna.receive_until(ghost) == [
        (anna.id, "chat", "anyone?"),
        ("system", "disconnect", ghost),
    ]
    assert room.leaves.seen == [(ghost, 1006, "")]
