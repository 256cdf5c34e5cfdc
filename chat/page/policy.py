"""Content-Security-Policy without `unsafe-*`: one for the site, a stricter one for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from csp.constants import NONE, SELF
from csp.utils import build_policy

from chat.config.socket_url import origins

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

# `data:` is for the arrows in the admin's own style sheets.
SITE: Final[dict[str, list[str]]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


def page_policy(request: HttpRequest, server_urls: Iterable[str]) -> str:
    """Return the page's policy: it may talk to its own server and the listed ones, to no other.

    Trusted types are switched off, so no text can become markup, not even by a mistake; but for the
    one that the page makes of its service worker's address, which can be made once.
    """
    connect = [SELF, *_own_socket(request)]
    for url in server_urls:
        connect += origins(url)
    replaced: dict[str, Any] = {
        "connect-src": connect,
        "img-src": [SELF],
        "font-src": [NONE],
        "form-action": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["worker"],
    }
    return build_policy(config=dict(SITE), replace=replaced)


def _own_socket(request: HttpRequest) -> list[str]:
    """Name the page's own socket: 'self' does not cover it in every browser.

    `ws://` also matches `wss://`, so a proxy that ends TLS need not be known here. A policy
    cannot name an IPv6 address: there 'self' has to do.
    """
    host = request.get_host()
    if host.startswith("["):
        return []
    return [f"{'wss' if request.is_secure() else 'ws'}://{host}"]
