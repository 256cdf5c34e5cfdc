"""The opening handshake (RFC 6455 section 4), with any header one likes."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import TYPE_CHECKING

from wschat_tools.conformance.errors import RefusedError, UnframedError, shown
from wschat_tools.load.handshake import location

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wschat_tools.load import Address

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Handshake:
    """A request, and what must answer it.

    It has the origin of the server's own page unless `headers` has another, or None for none.
    """

    def __init__(
        self, address: Address, path: str | None, headers: Mapping[str, str | None]
    ) -> None:
        key = base64.b64encode(os.urandom(16))
        self._accept = base64.b64encode(
            hashlib.sha1(key + _GUID, usedforsecurity=False).digest()
        ).decode()
        fields: dict[str, str | None] = {
            "Host": address.authority,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key.decode(),
            "Sec-WebSocket-Version": "13",
            "Origin": address.origin,
            **headers,
        }
        lines = [f"GET {path or address.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
        self.request = "\r\n".join([*lines, "", ""]).encode("latin-1")

    def check(self, answer: bytes) -> dict[str, str]:
        """Return the headers of a good answer, names in lower case.

        Raises:
            RefusedError: it is another answer than 101.
            UnframedError: it is 101, but not for our key.

        """
        first, *lines = answer.decode("latin-1").split("\r\n")
        words = first.split(" ", 2)
        if not first.startswith("HTTP/1.") or len(words) < 2 or not words[1].isdigit():
            raise RefusedError(None, repr(answer[:60]))
        if words[1] != "101":
            raise RefusedError(int(words[1]), shown(first[:60]) + location(answer))
        parts = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in parts if name}
        if headers.get("sec-websocket-accept") != self._accept:
            got = headers.get("sec-websocket-accept", "none")
            raise UnframedError(f"Sec-WebSocket-Accept {got}, which does not fit our key")
        return headers
