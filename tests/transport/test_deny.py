from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from chat.transport.deny import deny


async def sent_by_deny(scope: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events by which a handshake is refused."""
    events: list[dict[str, Any]] = []

    async def send(event: Any) -> None:
        events.append(event)

    await deny(scope, send, HTTPStatus.TOO_MANY_REQUESTS, "too many from your network: 10 é")
    return events


async def test_a_refusal_has_a_status_and_a_line() -> None:
    """A visitor would not learn why it may not come in."""
    start, body = await sent_by_deny({"extensions": {"websocket.http.response": {}}})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 429)
    assert type(start["status"]) is int, "servers write it into the answer as it is"
    assert start["headers"] == [(b"content-type", b"text/plain")]
    assert body["type"] == "websocket.http.response.body"
    assert body["body"].decode() == "too many from your network: 10 é\n"
    assert not body.get("more_body")


@pytest.mark.parametrize("scope", [{}, {"extensions": {}}, {"extensions": {"other": {}}}])
async def test_a_server_without_the_extension_gets_a_close(scope: dict[str, Any]) -> None:
    """Under such servers a refused handshake would end in an exception, and wait for ever."""
    assert await sent_by_deny(scope) == [{"type": "websocket.close"}]
