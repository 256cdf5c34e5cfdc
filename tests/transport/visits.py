"""A client's TCP connection to the HTTP side, with a reactor that the test turns, and no server."""

from __future__ import annotations

import select
from collections import deque
from typing import TYPE_CHECKING, Any

from twisted.internet.address import IPv4Address
from twisted.internet.tcp import Server as Accepted
from twisted.internet.testing import MemoryReactorClock

from chat.transport import factory, http, request
from chat.transport.base import SOCKET
from chat.transport.factory import ChannelFactory
from chat.transport.heartbeat import Heartbeat
from chat.transport.sockets import Sockets
from tests.transport.handshakes import GOOD, FakeServer
from tests.transport.links import Heard, Peer, tcp_pair, turns

if TYPE_CHECKING:
    import pytest

HANDSHAKE = (
    b"GET / HTTP/1.1\r\n"
    + b"".join(name + b": " + value + b"\r\n" for name, [value] in GOOD.items())
    + b"\r\n"
)
PAGE = b"GET /page HTTP/1.1\r\nHost: chat.example\r\n\r\n"


class Events:
    """The queue of an application's events."""

    def __init__(self) -> None:
        self.types: deque[str] = deque()

    def put_nowait(self, event: Any) -> None:
        """Keep the event's type."""
        self.types.append(event["type"])


class Application(FakeServer):
    """Daphne's server, with applications that answer when the test says.

    Attributes:
        started: the request, the scope and the events of each.
        ended: the requests that are over.

    """

    def __init__(self) -> None:
        super().__init__(
            ping_interval=20,
            ping_timeout=30,
            http_timeout=None,
            server_name="",
            request_buffer_size=9,
        )
        self.started: list[tuple[Any, dict[str, Any], Events]] = []
        self.ended: list[Any] = []

    def protocol_connected(self, request: Any) -> None:
        """Do nothing."""

    def protocol_disconnected(self, request: Any) -> None:
        """Keep it."""
        self.ended.append(request)

    def create_application(self, request: Any, scope: dict[str, Any]) -> Events:
        """Keep what an application is given."""
        events = Events()
        self.started.append((request, scope, events))
        return events

    def log_action(self, *details: Any) -> None:
        """Do nothing."""

    def answer_page(self, body: bytes) -> None:
        """Have the application that started last answer."""
        request, _, _ = self.started[-1]
        size = str(len(body)).encode()
        headers = [(b"content-length", size)]
        request.handle_reply({"type": "http.response.start", "status": 200, "headers": headers})
        request.handle_reply({"type": "http.response.body", "body": body})

    def accept(self) -> Any:
        """Have the application that started last accept; return the member's socket."""
        request, scope, _ = self.started[-1]
        request.handle_reply({"type": "websocket.accept"})
        return scope["extensions"][SOCKET]


class Visit:
    """A client's TCP connection to an HTTP channel, whose reactor the test turns."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        make_reactor: Any = MemoryReactorClock
        self.reactor = make_reactor()
        self.sockets = Sockets()
        patch.setattr(factory, "the_heartbeat", Heartbeat())
        patch.setattr(factory, "the_sockets", self.sockets)
        patch.setattr(http, "the_sockets", self.sockets)
        patch.setattr(request, "reactor", self.reactor)
        self.application = Application()
        make_factory: Any = ChannelFactory
        channels = make_factory(self.application)
        channels.reactor = self.reactor
        self.connection, peer = tcp_pair()
        self.peer = Peer(peer)
        address = IPv4Address("TCP", *self.connection.getpeername())
        self.channel = channels.buildProtocol(address)
        make_accepted: Any = Accepted
        self.transport = make_accepted(
            self.connection, self.channel, self.connection.getpeername(), None, 1, self.reactor
        )
        self.channel.makeConnection(self.transport)
        self.member: Any = None

    @property
    def is_read(self) -> bool:
        """Whether Twisted reads from the connection."""
        return self.transport in self.reactor.getReaders()

    async def send(self, data: bytes) -> None:
        """Have the client send, and the channel read all of it."""
        await self.peer.send(data)
        await turns()
        while self.is_read and select.select([self.connection], [], [], 0)[0]:
            assert self.transport.doRead() is None

    def write(self) -> None:
        """Have the channel write what it can."""
        while self.transport in self.reactor.getWriters():
            if self.transport.doWrite() is not None:
                return

    def accept(self) -> Heard:
        """Have the application accept, and start the member's socket; return what it hears."""
        self.member, heard = self.application.accept(), Heard()
        self.member.start(heard)
        return heard

    def let_go(self) -> None:
        """Close both ends."""
        if self.member is not None:
            self.member.abort()
        self.connection.close()
        self.peer.socket.close()
