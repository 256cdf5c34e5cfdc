from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http.request import split_domain_port, validate_host

if TYPE_CHECKING:
    from collections.abc import Iterable

# What Django lets in where nothing is set and it is debugged.
_LOCAL = (".localhost", "127.0.0.1", "[::1]")


def is_served(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether the Host of a handshake is one that pages answer to.

    Against DNS rebinding: a foreign page whose name has come to lead here is its own origin, so its
    Origin and its Host are the same and say nothing.
    """
    host = dict(headers).get(b"host", b"").decode("latin-1")
    domain, _ = split_domain_port(host)
    allowed = settings.ALLOWED_HOSTS or (_LOCAL if settings.DEBUG else ())
    return bool(domain) and validate_host(domain, allowed)
