"""From an HTTP request to a member's socket: the opening handshake (RFC 6455 section 4.2)."""

from __future__ import annotations

import select
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from daphne.utils import parse_x_forwarded_for

from chat.transport.base import SOCKET
from chat.transport.handshake import HandshakeError, accept_key, path_of
from chat.transport.hangups import HUNG_UP
from chat.transport.member_socket import MemberSocket

if TYPE_CHECKING:
    from collections.abc import Sequence

# Longer headers are not shared between members.
SHORT_BYTES: Final = 256

_ASGI: Final = {"version": "3.0"}
_NOTHING: Final[dict[str, Any]] = {}


class Upgrade:
    """One handshake, between a request and the application, which Daphne runs with `scope`.

    Raises HandshakeError if the request is no handshake of RFC 6455.
    """

    def __init__(self, request: Any) -> None:
        self._request = request
        self._accept_key = accept_key(request)
        self._status = HTTPStatus.FORBIDDEN
        self.scope = _scope(request)

    def handle_reply(self, event: Any) -> None:
        """Do what the application wants: accept, or refuse with a 403 or a status of its own."""
        kind = event["type"]
        if kind == "websocket.accept":
            self._accept(event.get("subprotocol"), event.get("headers", ()))
        elif kind == "websocket.close":
            self.refuse(HTTPStatus.FORBIDDEN, "access denied")
        elif kind == "websocket.http.response.start":
            self._status = HTTPStatus(event["status"])
        elif kind == "websocket.http.response.body":
            self.refuse(self._status, event.get("body", b"").decode().rstrip("\n"))

    def refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer with a status and a line that says why."""
        request, self._request = self._request, None
        if request is not None:
            request.refuse(status, reason)

    def _accept(self, subprotocol: str | None, headers: Sequence[tuple[bytes, bytes]]) -> None:
        request, self._request = self._request, None
        if request is None or request.channel is None:
            return
        channel = request.channel
        if _client_closed(channel.transport):
            channel.forceAbortClient()
            return
        address = channel.address
        connection, unread = channel.hand_over()
        socket = MemberSocket(connection, unread, address)
        socket.write(self._answer(subprotocol, headers))
        self.scope["extensions"][SOCKET] = socket
        request.let_go()

    def _answer(self, subprotocol: str | None, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        lines = [
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + self._accept_key.encode(),
        ]
        if subprotocol is not None:
            lines.append(b"Sec-WebSocket-Protocol: " + subprotocol.encode())
        lines += [name + b": " + value for name, value in headers]
        return b"\r\n".join([*lines, b"", b""])


def _scope(request: Any) -> dict[str, Any]:
    """Return what the application is told, as Daphne tells it."""
    server, raw_path = request.server, path_of(request)
    headers = [
        (_header if len(value) <= SHORT_BYTES else _header.__wrapped__)(name, value)
        for name, values in request.requestHeaders.getAllRawHeaders()
        # Django would take `_` for `-`, which a proxy does not check.
        if b"_" not in name
        for value in values
    ]
    return {
        "type": "websocket",
        "path": unquote(raw_path.decode("ascii", "replace")),
        "raw_path": raw_path,
        "root_path": server.root_path,
        "query_string": request.uri.partition(b"?")[2],
        "headers": headers,
        "client": _client(request),
        "server": request.server_addr,
        "subprotocols": [
            token.strip()
            for name, value in headers
            if name == b"sec-websocket-protocol"
            for token in value.decode("latin-1").split(",")
        ],
        "extensions": {SOCKET: None, "websocket.http.response": _NOTHING},
        "asgi": _ASGI,
    }


def _client(request: Any) -> list[Any] | None:
    """Return the client's address and port, by `--proxy-headers` if Daphne was told to."""
    server = request.server
    client: list[Any] | None
    try:
        client, _ = parse_x_forwarded_for(
            request.requestHeaders,
            server.proxy_forwarded_address_header,
            server.proxy_forwarded_port_header,
            server.proxy_forwarded_proto_header,
            request.client_addr,
        )
    except UnicodeDecodeError:
        raise HandshakeError("got an X-Forwarded header that is not UTF-8") from None
    return client


@lru_cache(1024)
def _header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a header as ASGI has it; members who sent the same share one."""
    return name.lower(), value


def _client_closed(transport: Any) -> bool:
    """Return whether the client closed its side: nothing is read while the application decides."""
    poll = select.poll()
    poll.register(transport.fileno(), HUNG_UP)
    return bool(poll.poll(0))
