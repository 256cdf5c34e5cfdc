"""A handshake's request without a server: what an `Upgrade` reads of Daphne's request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from twisted.web.http_headers import Headers

from chat.transport.upgrade import Upgrade
from tests.transport.links import ADDRESS

if TYPE_CHECKING:
    import socket
    from http import HTTPStatus

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 section 1.3
GOOD = {
    b"Host": [b"chat.example"],
    b"Upgrade": [b"websocket"],
    b"Connection": [b"Upgrade"],
    b"Sec-WebSocket-Version": [b"13"],
    b"Sec-WebSocket-Key": [KEY],
}


def scope_of(headers: dict[bytes, list[bytes]] | None = None, **options: Any) -> dict[str, Any]:
    """Return what the application is told of a handshake."""
    return Upgrade(FakeRequest(headers, **options)).scope


class FakeServer(SimpleNamespace):
    """What a request reads of Daphne's server."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            root_path="",
            proxy_forwarded_address_header=None,
            proxy_forwarded_port_header=None,
            proxy_forwarded_proto_header=None,
        )
        self.__dict__.update(options)


class FakeChannel:
    """An HTTP channel that gives one socket away.

    Attributes:
        aborts: how often it was told to abort.

    """

    address = ADDRESS

    def __init__(self, connection: socket.socket, unread: bytes) -> None:
        self.transport = connection
        self.aborts = 0
        self._unread = unread

    def hand_over(self) -> tuple[socket.socket, bytes]:
        """Give the socket, and what came behind the handshake."""
        return self.transport, self._unread

    def forceAbortClient(self) -> None:  # noqa: N802 - Twisted's name
        """Count it."""
        self.aborts += 1


class FakeRequest:
    """A complete request for a handshake, by default a good one.

    Attributes:
        refusals: the status and the line of each refusal.
        is_let_go: whether it was told that it is over.

    """

    def __init__(
        self,
        headers: dict[bytes, list[bytes]] | None = None,
        *,
        uri: bytes = b"/",
        method: bytes = b"GET",
        version: bytes = b"HTTP/1.1",
        server: FakeServer | None = None,
    ) -> None:
        self.requestHeaders = Headers({**GOOD, **(headers or {})})
        self.uri = uri
        self.path = uri.partition(b"?")[0]
        self.method = method
        self.clientproto = version
        self.server = server or FakeServer()
        self.client_addr = ["198.51.100.1", 40000]
        self.server_addr = ["192.0.2.1", 8000]
        self.channel: FakeChannel | None = None
        self.refusals: list[tuple[HTTPStatus, str]] = []
        self.is_let_go = False

    def refuse(self, status: HTTPStatus, reason: str) -> None:
        """Keep it."""
        self.refusals.append((status, reason))

    def let_go(self) -> None:
        """Note it."""
        self.is_let_go = True
