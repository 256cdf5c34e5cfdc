"""The servers that the page offers: this one first, then the enabled ones in order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.urls import reverse

from chat.conf import conf
from chat.models import Server
from chat.socket_url import validate_socket_url

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)


class Listed(NamedTuple):
    """A server to join, by the name that people see."""

    name: str
    url: str


def this_server(request: HttpRequest) -> Listed:
    """Return this server under the host name that it was reached by."""
    page = request.build_absolute_uri(reverse("page"))
    return Listed(conf.name, page.replace("http", "ws", 1))


async def other_servers() -> list[Listed]:
    """Return the enabled servers; none while the database fails: this one works without it."""
    try:
        rows = [server async for server in Server.objects.filter(enabled=True)]
    except DatabaseError:
        logger.exception("the list of servers cannot be read")
        return []
    return [Listed(row.name, row.url) for row in rows if _is_usable(row)]


def _is_usable(server: Server) -> bool:
    """Rows can come from anywhere; a bad one would break the whole page's policy."""
    try:
        validate_socket_url(server.url)
    except ValidationError:
        return False
    return server.name != conf.name
