from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from chat.door.hosts import is_served
from chat.door.origins import is_allowed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat.config.conf import Conf
    from chat.door.door import Door
    from chat.door.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a handshake is refused, and the HTTP status that says so."""

    status: HTTPStatus
    reason: str


def deny(
    door: Door, conf: Conf, headers: Iterable[tuple[bytes, bytes]], visitor: Visitor
) -> Denial | None:
    """Return why a handshake is refused, None if it may go on; count it."""
    headers = list(headers)
    if not is_served(headers):
        door.refused["host"] += 1
        return Denial(HTTPStatus.BAD_REQUEST, "this Host is not in WSCHAT_ALLOWED_HOSTS")
    if not is_allowed(headers, conf.allowed_origins, is_https=conf.is_https):
        door.refused["origin"] += 1
        reason = "this Origin is not in WSCHAT_ALLOWED_ORIGINS"
        return Denial(HTTPStatus.FORBIDDEN, reason)
    if not door.may_knock(visitor):
        reason = f"more than {door.connects_per_minute} connections a minute, try later"
        return Denial(HTTPStatus.TOO_MANY_REQUESTS, reason)
    return None
