"""The servers that the page offers: this one first, then the enabled ones in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError
from django.urls import reverse

from chat.config.conf import conf
from chat.config.socket_url import validate_socket_url
from chat.models import Server

if TYPE_CHECKING:
    from django.http import HttpRequest


class Listed(NamedTuple):
    """A server to join, by the name that people see."""

    name: str
    url: str


def this_server(request: HttpRequest) -> Listed:
    """Return this server under the host name that it was reached by."""
    page = request.build_absolute_uri(reverse("page"))
    return Listed(conf.name, page.replace("http", "ws", 1))


def other_servers() -> list[Listed]:
    """Return the enabled servers, as they were read last."""
    rows = Server.objects.remembered
    return [Listed(row.name, row.url) for row in rows if _is_usable(row)]


def _is_usable(server: Server) -> bool:
    """Rows can come from anywhere; a bad one would break the whole page's policy."""
    try:
        validate_socket_url(server.url)
    except ValidationError:
        return False
    return server.name != conf.name
