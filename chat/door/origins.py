from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def is_allowed(
    headers: Iterable[tuple[bytes, bytes]], allowed: Collection[str], *, is_https: bool
) -> bool:
    """Tell whether the page that opens this WebSocket may (RFC 6455 section 10.2).

    The server's own page always may, and so may a client that names no origin: only browsers do,
    and only against them an origin protects. Where people come by HTTPS, a page that came without
    is not the server's own: anybody on the way may have written it.
    """
    named = dict(headers)
    origin = named.get(b"origin", b"").decode("latin-1").lower().rstrip("/")
    if not allowed or not origin:
        return True
    if origin in {entry.lower().rstrip("/") for entry in allowed}:
        return True
    host = named.get(b"host", b"").decode("latin-1").lower()
    try:
        scheme, netloc, *_ = urlsplit(origin)
        return bool(host) and netloc == host and (scheme == "https" or not is_https)
    except ValueError:  # what is no URL is no page of ours
        return False
