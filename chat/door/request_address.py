from __future__ import annotations

from typing import TYPE_CHECKING

from chat.config.conf import conf
from chat.door.visitor import client_address

if TYPE_CHECKING:
    from django.http import HttpRequest


def request_address(request: HttpRequest) -> str | None:
    """Return the address behind one of Django's requests, by the same rules; None if there is none.

    The throttle of logins counts by it.
    """
    name = f"HTTP_{conf.proxy_header.upper().replace('-', '_')}"
    header = request.META.get(name, "").encode("latin-1", "replace")
    scope = {
        "client": (request.META.get("REMOTE_ADDR", ""), 0),
        "headers": [(conf.proxy_header.encode(), header)],
    }
    return client_address(scope) or None
