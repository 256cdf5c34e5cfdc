from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from websockets.utils import accept_key

from chat.transport.base import SOCKET
from chat.transport.deny import deny
from chat.transport.upgrade import Upgrade
from tests.fakes import until
from tests.transport.handshakes import ACCEPT, KEY, FakeChannel, FakeRequest
from tests.transport.links import ADDRESS, Heard, Peer, tcp_pair
from wschat_tools.conformance.frames import client_frame, close_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chat.transport.member_socket import MemberSocket
    from tests.transport.links import Links


class Shaken:
    """A handshake on a TCP connection, before the application has decided."""

    def __init__(self, unread: bytes = b"") -> None:
        self.connection, peer = tcp_pair()
        self.peer = Peer(peer)
        self.request = FakeRequest()
        self.channel = self.request.channel = FakeChannel(self.connection, unread)
        self.upgrade = Upgrade(self.request)

    def socket(self) -> MemberSocket | None:
        """Return the member's socket, once the application has accepted."""
        socket: MemberSocket | None = self.upgrade.scope["extensions"][SOCKET]
        return socket

    async def head(self) -> list[bytes]:
        """Return the lines of the answer."""
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += await self.peer.read_bytes(1)
        return answer.split(b"\r\n")[:-2]

    def let_go(self) -> None:
        """Close both ends."""
        socket = self.socket()
        if socket is not None:
            socket.abort()
        self.connection.close()
        self.peer.socket.close()


@pytest.fixture
async def shaken(links: Links) -> AsyncIterator[Shaken]:
    """Return a handshake behind which a message came at once."""
    assert not links.heartbeat
    shaken = Shaken(unread=client_frame(b"early"))
    yield shaken
    shaken.let_go()


async def test_an_accept_is_answered_and_hands_the_socket_over(shaken: Shaken) -> None:
    """Browsers would not connect, or the first words of a hasty client be lost."""
    assert shaken.socket() is None
    shaken.upgrade.handle_reply({"type": "websocket.accept"})
    head = await shaken.head()
    assert head[0] == b"HTTP/1.1 101 Switching Protocols"
    assert set(head[1:]) == {
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + ACCEPT,
    }
    assert accept_key(KEY.decode()).encode() == ACCEPT
    socket, heard = shaken.socket(), Heard()
    assert socket is not None
    socket.start(heard)
    await shaken.peer.send(client_frame(b"then") + close_frame())
    await until(lambda: heard.ends)
    assert (heard.texts, heard.ends) == (["early", "then"], [1000])
    assert shaken.request.is_let_go


async def test_an_accept_may_name_a_subprotocol_and_headers(shaken: Shaken) -> None:
    """A consumer that chooses a subprotocol, or sets a cookie, would not be heard."""
    headers = [(b"set-cookie", b"a=1"), (b"x-name", b"b")]
    event = {"type": "websocket.accept", "subprotocol": "chat", "headers": headers}
    shaken.upgrade.handle_reply(event)
    head = await shaken.head()
    assert {b"Sec-WebSocket-Protocol: chat", b"set-cookie: a=1", b"x-name: b"} < set(head)


async def test_the_open_socket_is_counted_under_its_address(shaken: Shaken, links: Links) -> None:
    """The count of connections from an address would only ever grow, and lock it out."""
    shaken.upgrade.handle_reply({"type": "websocket.accept"})
    assert len(links.heartbeat) == 1
    socket = shaken.socket()
    assert socket is not None
    socket.abort()
    assert links.open_sockets.closed_ones == [ADDRESS]


@pytest.mark.parametrize("is_reset", [False, True])
async def test_a_client_that_left_during_the_handshake_is_not_accepted(
    shaken: Shaken, is_reset: bool
) -> None:
    """A member that is gone already would be announced to the room."""
    if is_reset:
        shaken.peer.reset()
    else:
        shaken.peer.socket.close()
    shaken.upgrade.handle_reply({"type": "websocket.accept"})
    assert shaken.socket() is None
    assert shaken.channel.aborts == 1


async def test_a_connection_that_is_down_is_not_accepted(shaken: Shaken) -> None:
    """The application would get an exception for a client that left."""
    shaken.request.channel = None
    shaken.upgrade.handle_reply({"type": "websocket.accept"})
    assert shaken.socket() is None


def test_a_close_refuses_with_403() -> None:
    """A client that may not come in would wait for an answer."""
    request = FakeRequest()
    Upgrade(request).handle_reply({"type": "websocket.close"})
    assert request.refusals == [(403, "access denied")]


async def test_a_denial_refuses_with_its_status_and_line() -> None:
    """A visitor would not learn that the room is full, or how long to wait."""
    request = FakeRequest()
    upgrade = Upgrade(request)

    async def send(event: Any) -> None:
        upgrade.handle_reply(event)

    await deny(upgrade.scope, send, HTTPStatus.SERVICE_UNAVAILABLE, "the room is full")
    assert request.refusals == [(503, "the room is full")]


def test_a_handshake_is_decided_once() -> None:
    """A second answer would go into the connection behind the first one."""
    request = FakeRequest()
    upgrade = Upgrade(request)
    upgrade.handle_reply({"type": "websocket.close"})
    upgrade.handle_reply({"type": "websocket.close"})
    upgrade.handle_reply({"type": "websocket.accept"})
    assert len(request.refusals) == 1
