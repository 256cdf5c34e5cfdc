"""The WebSocket application: paths, clients that leave in the handshake, a server that stops."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat import routing
from chat.consumers import ChatConsumer
from chat.protocol.messages import RESTART, TOO_SLOW
from chat.transport import channel_queue
from chat.transport.base import SOCKET
from tests.fakes import until
from tests.in_process import Connection, LocalRoom, SocketConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalRoom]:
    async with LocalRoom(monkeypatch) as local:
        yield local


@pytest.mark.parametrize(
    ("path", "root_path", "is_room"),
    [
        ("/", None, True),
        ("/", "", True),
        ("", "", True),
        ("/chat", "/chat", True),
        ("/chat/", "/chat", True),
        ("/elsewhere", "", False),
        ("/chat/elsewhere", "/chat", False),
    ],
)
async def test_the_room_is_at_the_root(
    room: LocalRoom, path: str, root_path: str | None, is_room: bool
) -> None:
    """Behind a proxy with a prefix nobody could join, or every path would lead to the room."""
    anna = room.connection()
    anna.scope["path"] = path
    if root_path is not None:
        anna.scope["root_path"] = root_path
    assert await anna.open() is is_room


async def test_other_paths_are_refused_once_the_client_has_connected() -> None:
    """Servers fail if an application answers a handshake before they have told of it."""
    events: asyncio.Queue[Any] = asyncio.Queue()
    sent: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "websocket", "path": "/elsewhere"}
    running = asyncio.create_task(routing.websocket_application(scope, events.get, sent.put))
    for _ in range(3):
        await asyncio.sleep(0)
    assert sent.empty()
    events.put_nowait({"type": "websocket.connect"})
    await running
    assert sent.get_nowait() == {"type": "websocket.close"}


async def test_a_client_that_leaves_during_the_handshake_never_joins(room: LocalRoom) -> None:
    """It would stay as a ghost: nobody reads from a socket that was never handed over."""
    anna = await room.join()
    ghost = SocketConnection()
    ghost.has_left = True
    assert not await ghost.open()
    await ghost.client.aclose()
    await anna.chat("nobody came")
    assert await anna.receive() == (anna.id, "chat", "nobody came")
    assert room.members == [anna.id]
    assert list(room.layer._members) == [f"member!{anna.id}"]


async def test_a_member_with_a_socket_keeps_nothing_of_its_handshake(room: LocalRoom) -> None:
    """Each member would keep the HTTP request that it came by: 19 KiB."""
    anna = await room.join(SocketConnection)
    consumer = room.parts.room.members[anna.id].consumer
    assert isinstance(consumer, ChatConsumer)
    assert consumer.base_send == anna.scope["extensions"][SOCKET].send_event


class HangingConnection(Connection):
    """A connection whose server takes no message from the consumer any more.

    Attributes:
        sent: what the consumer sent.
        hangs: whether the server takes nothing now.

    """

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.hangs = False
        events: asyncio.Queue[Any] = asyncio.Queue()
        events.put_nowait({"type": "websocket.connect"})

        async def send(event: Any) -> None:
            self.sent.append(event)
            while self.hangs and event["type"] == "websocket.send":
                await asyncio.sleep(60)

        self.task = asyncio.create_task(routing.websocket_application(self.scope, events.get, send))


async def test_a_member_that_takes_no_close_ends_without_an_error(
    room: LocalRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each client that reads nothing would leave a traceback in the server's log."""
    monkeypatch.setattr(channel_queue, "CLOSE_SECONDS", 0.01)
    deaf = HangingConnection()
    await until(lambda: len(deaf.sent) == 2)  # the accept, and its own connect
    deaf.hangs = True
    [member] = room.parts.room.members.values()
    room.parts.room.chat(member, "unread")
    await until(lambda: len(deaf.sent) == 3)
    room.parts.room.give_up(member)
    await asyncio.wait_for(deaf.task, 5)
    assert [event["type"] for event in deaf.sent[1:]] == ["websocket.send"] * 2
    assert room.leaves.seen == [(member.id, TOO_SLOW.code, TOO_SLOW.meaning)]


@pytest.mark.parametrize("is_closing", [True, False], ids=["stop", "other reasons"])
async def test_a_consumer_that_is_cancelled_tells_of_a_restart_if_it_is_one(
    room: LocalRoom, is_closing: bool
) -> None:
    """Members would see a lost connection when the server restarts, or a restart that is none."""
    anna = HangingConnection()
    await until(lambda: len(anna.sent) == 2)
    room.parts.closing.is_closing = is_closing
    anna.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await anna.task
    expected = [{"type": "websocket.close", "code": RESTART.code}] if is_closing else []
    assert anna.sent[2:] == expected
    assert room.members == []
