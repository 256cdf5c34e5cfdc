"""The client's opening handshake (RFC 6455, section 4): one request, and what must answer it."""

import base64
import hashlib
import os

from wschat_tools.load.address import Address
from wschat_tools.load.errors import HandshakeError

END = b"\r\n\r\n"
LONGEST = 16 * 1024
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Handshake:
    """A request prepared once and the answer that fits its key.

    One key serves every member: it guards against caches, not against peers. The Origin is the
    server's own page, as servers of the family refuse a client that sends none.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        key = base64.b64encode(os.urandom(16))
        self.accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
        self.request = (
            f"GET {address.path} HTTP/1.1\r\nHost: {address.authority}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key.decode()}\r\nOrigin: {address.origin}\r\n\r\n"
        ).encode()

    def rest(self, answer: bytes) -> bytes | None:
        """Return what follows the server's answer, or None while the answer is incomplete.

        Raises:
            HandshakeError: if the answer is not a handshake for our key.

        """
        head, end, rest = answer.partition(END)
        if not answer.startswith(b"HTTP/1.1 101"[: len(answer)]):
            got = first_line(answer) + location(answer)
            raise HandshakeError(f"{self._address}: got {got}, expected HTTP/1.1 101")
        if not end:
            if len(answer) > LONGEST:
                raise HandshakeError(
                    f"{self._address}: got {len(answer)} bytes of headers without an end"
                )
            return None
        self._check(head)
        return rest

    def _check(self, head: bytes) -> None:
        fields = dict(_fields(head))
        got = fields.get(b"sec-websocket-accept")
        if got != self.accept:
            raise HandshakeError(
                f"{self._address}: got Sec-WebSocket-Accept {got!r}, "
                f"expected {self.accept!r} for the key we sent"
            )


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return [(name.strip().lower(), value.strip()) for name, _, value in lines]


def location(answer: bytes) -> str:
    """Return where an answer leads to, as " to PLACE", or nothing."""
    place = dict(_fields(answer.partition(END)[0])).get(b"location", b"")
    return f" to {place[:100].decode('latin-1')!r}" if place else ""


def first_line(answer: bytes) -> str:
    """Return the start of an answer, short enough to be shown."""
    return repr(answer.split(b"\r\n", 1)[0][:60].decode("latin-1"))
