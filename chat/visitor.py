from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

# Nobody reads a longer header in a log.
_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks: the address that the connection comes from, and what its handshake says."""

    address: str = ""
    user_agent: str = ""
    origin: str = ""


def read_visitor(scope: Any) -> Visitor:
    """Read who is behind a WebSocket's scope (ASGI)."""
    headers = dict(scope["headers"])
    return Visitor(
        address=plain_address(scope),
        user_agent=headers.get(b"user-agent", b"").decode("latin-1")[:_MOST],
        origin=headers.get(b"origin", b"").decode("latin-1")[:_MOST],
    )


def plain_address(scope: Any) -> str:
    """Return the peer's IP address, an IPv4 one as such where the socket takes both; may be ""."""
    client = scope.get("client")
    return str(client[0]).removeprefix("::ffff:") if client else ""
