"""From an HTTP request to a member's socket: the opening handshake (RFC 6455 section 4.2)."""

from __future__ import annotations

import select
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from daphne.utils import HEADER_NAME_RE, INVALID_HEADER_VALUE_BYTES, parse_x_forwarded_for
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidMethod, InvalidProtocol, InvalidUpgrade
from websockets.http11 import Request as HandshakeRequest
from websockets.server import ServerProtocol

from chat.transport.base import SOCKET
from chat.transport.member_socket import MemberSocket

if TYPE_CHECKING:
    from collections.abc import Sequence

# Longer headers are not shared between members.
SHORT_BYTES: Final = 256

# Of what a client sent, as an error shows it.
MOST_SHOWN: Final = 200

_STATUSES: Final[dict[type[Exception], HTTPStatus]] = {
    InvalidMethod: HTTPStatus.METHOD_NOT_ALLOWED,
    InvalidProtocol: HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
    InvalidUpgrade: HTTPStatus.UPGRADE_REQUIRED,
}
_EXPECTED: Final[dict[type[Exception], str]] = {
    InvalidMethod: ", expected GET",
    InvalidProtocol: ", expected HTTP/1.1; behind nginx, set proxy_http_version 1.1",
    InvalidUpgrade: ", expected Connection: Upgrade and one Upgrade: websocket",
}
_ASGI: Final = {"version": "3.0"}
_NOTHING: Final[dict[str, Any]] = {}
# Checks handshakes; making one takes 50 µs, and it remembers nothing that the next check reads.
_checker: Final = ServerProtocol()


class HandshakeError(Exception):
    """A handshake that is refused; the text says what was received and what is expected."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Upgrade:
    """One handshake, between a request and the application, which Daphne runs with `scope`.

    Raises HandshakeError if the request is no handshake of RFC 6455.
    """

    def __init__(self, request: Any) -> None:
        self._request = request
        self._accept_key = _check(request)
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
        if _has_left(channel.transport):
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


def path_of(request: Any) -> bytes:
    """Return the path that a request asks for, also if its target is a whole URL (RFC 9112 3.2)."""
    target = request.uri
    if not target.startswith(b"/"):
        target = urlsplit(target).path or b"/"
    path: bytes = target.partition(b"?")[0]
    return path


def _headers(request: Any) -> Headers:
    """Return a handshake's headers, which are valid, with one Host."""
    headers = Headers()
    for name, values in request.requestHeaders.getAllRawHeaders():
        is_valid = HEADER_NAME_RE.fullmatch(name)
        for value in values:
            if not is_valid or INVALID_HEADER_VALUE_BYTES.intersection(value):
                raise HandshakeError(HTTPStatus.BAD_REQUEST, "got a header that is not valid")
            headers[name.decode("ascii")] = value.decode("latin-1")
    if len(headers.get_all("Host")) != 1:
        got = len(headers.get_all("Host"))
        raise HandshakeError(HTTPStatus.BAD_REQUEST, f"got {got} Host headers, expected one")
    return headers


def _check(request: Any) -> str:
    """Check a handshake; return its `Sec-WebSocket-Accept`."""
    headers = _headers(request)
    method, version = request.method.decode("latin-1"), request.clientproto.decode("latin-1")
    handshake = HandshakeRequest("/", headers, method=method, protocol=version)
    try:
        return _checker.process_request(handshake)[0]
    except InvalidHandshake as error:
        status = _STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)
        expected = _EXPECTED.get(type(error), "")
        raise HandshakeError(status, str(error)[:MOST_SHOWN] + expected) from None


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
    client = request.client_addr
    if server.proxy_forwarded_address_header:
        client, _ = parse_x_forwarded_for(
            request.requestHeaders,
            server.proxy_forwarded_address_header,
            server.proxy_forwarded_port_header,
            server.proxy_forwarded_proto_header,
            client,
        )
    return {
        "type": "websocket",
        "path": unquote(raw_path.decode("ascii", "replace")),
        "raw_path": raw_path,
        "root_path": server.root_path,
        "query_string": request.uri.partition(b"?")[2],
        "headers": headers,
        "client": client,
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


@lru_cache(1024)
def _header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a header as ASGI has it; members who sent the same share one."""
    return name.lower(), value


def _has_left(transport: Any) -> bool:
    """Return whether the client closed its side: nothing is read while the application decides."""
    poll = select.poll()
    poll.register(transport.fileno(), select.POLLRDHUP)
    return bool(poll.poll(0))
