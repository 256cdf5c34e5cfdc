"""The checks of a WebSocket opening handshake (RFC 6455 section 4.2.1)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlparse

from daphne.utils import HEADER_NAME_RE, INVALID_HEADER_VALUE_BYTES
from websockets.datastructures import Headers
from websockets.exceptions import (
    InvalidHandshake,
    InvalidHeader,
    InvalidMethod,
    InvalidProtocol,
    InvalidUpgrade,
)
from websockets.http11 import Request as HandshakeRequest
from websockets.server import ServerProtocol

# Of what a client sent, as an error shows it.
MOST_SHOWN: Final = 200
# Headers of every refusal (RFC 6455 section 4.4, RFC 9110 sections 7.8 and 10.2.1).
REFUSAL_HEADERS: Final = b"Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nAllow: GET\r\n"

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
# Shared, as making one takes 50 µs: `process_request` depends on no earlier request.
_checker: Final = ServerProtocol()


class HandshakeError(Exception):
    """A handshake that is refused; the text says what was received and what is expected."""

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(reason)
        self.status = status


def path_of(request: Any) -> bytes:
    """Return the path that a request asks for, also if its target is a whole URL (RFC 9112 3.2).

    It is empty for a target that others read differently, such as `//host` or `/;parameters`:
    Autobahn would take those for the room's path.
    """
    try:
        target = request.uri.decode("ascii")
        url = urlparse(target)
    except ValueError:
        return b""
    path = target.partition("?")[0] if target.startswith("/") else url.path or "/"
    return path.encode() if path == (url.path or "/") else b""


def accept_key(request: Any) -> str:
    """Return the `Sec-WebSocket-Accept` of a handshake's answer.

    Raises:
        HandshakeError: the request is no handshake that can be accepted.

    """
    method, version = request.method.decode("latin-1"), request.clientproto.decode("latin-1")
    try:
        handshake = HandshakeRequest("/", _headers(request), method=method, protocol=version)
        return _checker.process_request(handshake)[0]
    except InvalidHandshake as error:
        status = _STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)
        expected = _EXPECTED.get(type(error), "")
        if isinstance(error, InvalidHeader) and error.name == "Sec-WebSocket-Version":
            status, expected = HTTPStatus.UPGRADE_REQUIRED, ", expected Sec-WebSocket-Version: 13"
        raise HandshakeError(str(error)[:MOST_SHOWN] + expected, status) from None


def _headers(request: Any) -> Headers:
    """Return a handshake's headers, which are valid, with one Host."""
    headers = Headers()
    for name, values in request.requestHeaders.getAllRawHeaders():
        is_valid = HEADER_NAME_RE.fullmatch(name)
        for value in values:
            if not is_valid or INVALID_HEADER_VALUE_BYTES.intersection(value):
                raise HandshakeError(f"got a header {name[:40]!r} that is not valid")
            headers[name.decode("ascii")] = value.decode("latin-1")
    hosts = len(headers.get_all("Host"))
    if hosts != 1:
        raise HandshakeError(f"got {hosts} Host headers, expected one")
    return headers
