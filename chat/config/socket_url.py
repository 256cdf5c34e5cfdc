"""Addresses of chat servers: what a listed one may look like, and which origins stand behind it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

# What a page's policy can name (CSP level 3, host-source): no IPv6 address, nothing to escape.
_HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)
_FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f\"'<>\\^`{|}#]")


def validate_socket_url(text: str) -> None:
    """Raise ValidationError unless a browser can open it and the page's policy can name it."""
    if _FORBIDDEN.search(text) or not text.isascii():
        raise ValidationError(
            "Got characters that an address cannot have, expected one such as ws://host:8000/.",
            code="characters",
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValidationError(
            f"Got an address that cannot be read: {error}.", code="port"
        ) from None
    if parts.scheme not in {"ws", "wss"}:
        raise ValidationError(
            "Expected an address that starts with ws:// or wss://.", code="scheme"
        )
    if parts.username is not None:
        raise ValidationError("Expected an address without a user name.", code="user")
    if not _HOST.fullmatch(parts.hostname or "") or port == 0:
        raise ValidationError("Expected a host name or an IPv4 address.", code="host")


def origins(url: str) -> tuple[str, str]:
    """Return the origins of a valid address: of its socket, and of the page on the same port."""
    parts = urlsplit(url)
    authority = parts.netloc.lower()
    return f"{parts.scheme}://{authority}", f"{parts.scheme.replace('ws', 'http')}://{authority}"
