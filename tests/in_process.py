"""The consumer in this process, without a server: members in a communicator or on a socketpair."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import socket
from typing import TYPE_CHECKING, Any, Final, Self

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator

from chat import routing
from chat.config.conf import Conf
from chat.consumers import ChatConsumer
from chat.room.listener import Listener
from chat.room.memory_layer import MemoryLayer
from chat.serving.assembly import make_room
from chat.transport import member_socket
from chat.transport.base import SOCKET
from chat.transport.hangups import Hangups
from chat.transport.heartbeat import Heartbeat
from chat.transport.member_socket import MemberSocket
from chat.transport.sockets import the_sockets
from tests.clients import Client

if TYPE_CHECKING:
    import pytest

    from chat.room.member import Member

WAIT_SECONDS: Final = 30.0
# Django's test environment adds this name to ALLOWED_HOSTS.
HOST: Final = (b"host", b"testserver")
PEER: Final = ("192.0.2.1", 1)

# A message from the server: sender, action and contents.
Received = tuple[str, str, str]


class Connection:
    """A client's connection. Its member has no socket of its own, as under uvicorn.

    Attributes:
        scope: what the consumer is given (ASGI), for changes before `open`.
        id: the member's id, once it has joined.
        code: the code that the consumer closed with, once `receive_close` has returned.

    """

    def __init__(self) -> None:
        self.communicator = WebsocketCommunicator(
            routing.websocket_application, "/", headers=[HOST]
        )
        self.scope: Any = self.communicator.scope
        self.scope["client"] = PEER
        self.id = ""
        self.code: int | None = None

    async def open(self) -> bool:
        """Shake hands; return whether the consumer accepts."""
        is_accepted, _ = await self.communicator.connect(timeout=WAIT_SECONDS)
        return is_accepted

    async def join(self) -> Self:
        """Shake hands, and receive the own connect."""
        assert await self.open()
        sender, action, self.id = await self.receive()
        assert (sender, action) == ("system", "connect")
        return self

    async def send(self, text: str | None = None, data: bytes | None = None) -> None:
        """Send a message; the communicator itself refuses to send an empty one."""
        event = {"type": "websocket.receive", "text": text, "bytes": data}
        await self.communicator.send_input(event)

    async def chat(self, contents: str) -> None:
        """Send a chat."""
        await self.send(json.dumps({"contents": contents}))

    async def receive(self) -> Received:
        """Return the next message."""
        return _read(await self.communicator.receive_output(timeout=WAIT_SECONDS))

    async def receive_until(self, contents: str) -> list[Received]:
        """Return all messages up to the one with these contents."""
        received = [await self.receive()]
        while received[-1][2] != contents:
            received.append(await self.receive())
        return received

    async def receive_close(self) -> list[Received]:
        """Return all messages up to the close, and end the connection as a server does then."""
        received = []
        while True:
            event = await self.communicator.receive_output(timeout=WAIT_SECONDS)
            if event["type"] == "websocket.close":
                break
            received.append(_read(event))
        self.code = event.get("code", 1000)
        await self.disconnect(event.get("code", 1000))
        return received

    async def disconnect(self, code: int = 1000) -> None:
        """End the connection, and wait until the consumer has ended."""
        await self.communicator.disconnect(code, timeout=WAIT_SECONDS)

    async def cancel(self) -> None:
        """Cancel the consumer, as a server does when it stops."""
        self.communicator.future.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.communicator.future


class SocketConnection(Connection):
    """A client's connection. Its member has a socket of its own, as under Daphne.

    Attributes:
        client: the other end of that socket.
        has_left: whether the client is gone before it is accepted.

    """

    def __init__(self) -> None:
        super().__init__()
        self.client: Client
        self.has_left = False
        self.scope["extensions"] = {SOCKET: None}

    async def open(self) -> bool:
        """Run the consumer until it has joined; return whether it accepts."""
        server_side, client_side = socket.socketpair()
        for each in (server_side, client_side):
            each.setblocking(False)
        self.client = Client(*await asyncio.open_connection(sock=client_side))

        async def send(event: Any) -> None:
            if event["type"] == "websocket.accept" and not self.has_left:
                address = self.scope["client"][0]
                the_sockets.opened(address)
                self.scope["extensions"][SOCKET] = MemberSocket(server_side, b"", address)

        await routing.websocket_application(self.scope, asyncio.Event().wait, send)
        if self.scope["extensions"][SOCKET] is None:
            server_side.close()
        return self.scope["extensions"][SOCKET] is not None

    async def send(self, text: str | None = None, data: bytes | None = None) -> None:
        """Send a message."""
        if text is not None:
            self.client.send_text(text.encode())
        else:
            self.client.send_frame(data or b"", 2)

    async def receive(self) -> Received:
        """Return the next message."""
        heard = await self.client.hear()
        return heard.sender, heard.action, heard.contents

    async def receive_close(self) -> list[Received]:
        """Return all messages up to the close, and answer it."""
        heard, self.code = await self.client.hear_end()
        self.client.send_close(self.code or 1000)
        assert await self.client.is_eof()
        return [(each.sender, each.action, each.contents) for each in heard]

    async def disconnect(self, code: int = 1000) -> None:
        """End the connection."""
        self.client.send_close(code)
        await self.client.hear_end()
        assert await self.client.is_eof()

    async def cancel(self) -> None:
        """End the connection at once."""
        if hasattr(self, "client"):
            await self.client.aclose()
        if (taken := self.scope["extensions"][SOCKET]) is not None:
            taken.abort()


class Leaves(Listener):
    """Records every leave: the member's id, the close code and the reason."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, str]] = []

    def left(self, member: Member, code: int, reason: str) -> None:
        """Record a leave."""
        self.seen.append((member.id, code, reason))


async def do_nothing() -> None:
    """Stand for what closes old database connections: there are none here."""


class LocalRoom:
    """A room in this process that `websocket_application` serves; ends with its block.

    Args:
        patch: replaces the process's own room, consumer and channel layer.
        consumer: the class of the consumers.
        settings: the settings that differ from the defaults.

    """

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        consumer: type[ChatConsumer] = ChatConsumer,
        **settings: Any,
    ) -> None:
        self.layer = MemoryLayer()
        self.parts = make_room(self.layer, dataclasses.replace(Conf(), **settings))
        self.leaves = Leaves()
        self.parts.listeners.append(self.leaves)
        self._connections: list[Connection] = []
        patch.setattr(routing, "the_parts", lambda: self.parts)
        patch.setattr(routing, "ChatConsumer", consumer)
        patch.setattr("channels.generic.websocket.aclose_old_connections", do_nothing)
        # Those of the process have timers on the event loop of an earlier test.
        self.heartbeat = Heartbeat()
        patch.setattr(member_socket, "the_heartbeat", self.heartbeat)
        patch.setattr(member_socket, "the_hangups", Hangups())
        patch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, self.layer)

    async def __aenter__(self) -> Self:
        await self.parts.relay.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections:
            with contextlib.suppress(Exception):  # a consumer that raised has ended, too
                await connection.cancel()
        await self.parts.stop()

    @property
    def members(self) -> list[str]:
        """The ids of the members."""
        return list(self.parts.room.members)

    def connection(self, kind: type[Connection] = Connection) -> Connection:
        """Return a connection that is not open yet."""
        connection = kind()
        self._connections.append(connection)
        return connection

    async def join(self, kind: type[Connection] = Connection) -> Connection:
        """Return the connection of a new member that has received its own connect."""
        return await self.connection(kind).join()

    async def join_two(self, kind: type[Connection] = Connection) -> list[Connection]:
        """Return two, the first of which has received the second's connect."""
        first, second = await self.join(kind), await self.join(kind)
        assert await first.receive() == ("system", "connect", second.id)
        return [first, second]


def _read(event: Any) -> Received:
    assert event["type"] == "websocket.send", event
    message = json.loads(event["text"])
    return message["sender"], message["action"], message["contents"]
