from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from chat.config.conf import conf
from chat.config.networks import is_among, read_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat.config.networks import Address, Network

# Nobody reads a longer header in a log.
_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks: its address, what its handshake says, how many past chats it asks for."""

    address: str = ""
    user_agent: str = ""
    origin: str = ""
    history: int = 0


def read_visitor(scope: Any) -> Visitor:
    """Read who is behind a WebSocket's scope (ASGI)."""
    headers = dict(scope["headers"])
    return Visitor(
        address=client_address(scope),
        user_agent=_readable(headers.get(b"user-agent", b"")),
        origin=_readable(headers.get(b"origin", b"")),
        history=_wanted_history(scope.get("query_string", b"")),
    )


def client_address(scope: Any) -> str:
    """Return the client's IP address, "" if there is none.

    It is the peer's, unless that is a trusted proxy: then it is what the proxy says.
    """
    client = scope.get("client")
    peer = read_address(str(client[0])) if client else None
    if peer is None:
        return str(client[0]) if client else ""
    if not conf.trusted_proxies or not is_among(peer, conf.trusted_proxies):
        return str(peer)
    name = conf.proxy_header.encode()
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return str(behind_proxies(peer, values, conf.trusted_proxies))


def behind_proxies(peer: Address, values: Iterable[str], trusted: Sequence[Network]) -> Address:
    """Return the first address from the right that is no trusted proxy's.

    Each proxy adds, on the right, the address that it was spoken to from; what stands further left
    was said by somebody who is not trusted, and may be anything.

    Args:
        peer: the trusted proxy that this server was spoken to from.
        values: the header's values in the order of their lines.
        trusted: the networks of the proxies.

    """
    nearest = peer
    for entry in reversed(",".join(values).split(",")):
        address = read_address(_without_port(entry.strip()))
        if address is None:
            break
        nearest = address
        if not is_among(address, trusted):
            break
    return nearest


def _without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _readable(header: bytes) -> str:
    return header.decode("latin-1")[:_MOST].replace("\0", "")


def _wanted_history(query: bytes) -> int:
    """Return K of `?history=K`; whatever is not a number asks for none."""
    if not conf.history:
        return 0
    text = parse_qs(query.decode("latin-1")).get("history", [""])[-1]
    return (
        min(int(text), conf.history) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    )
