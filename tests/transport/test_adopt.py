from __future__ import annotations

import functools
from typing import Any

from chat.transport.adopt import adopt
from chat.transport.asgi import AsgiTransport


async def _send(*_: Any) -> None:
    """Do nothing."""


def _hear(_text: bytes) -> None:
    """Do nothing."""


def _closing(_code: int) -> None:
    """Do nothing."""


async def test_any_other_server_is_written_to_the_asgi_way() -> None:
    """The room would not work on another server, or behind a middleware."""
    for send in (_send, functools.partial(_send), functools.partial(_send, "something else")):
        transport = adopt(send, _hear, _closing)
        assert isinstance(transport, AsgiTransport)
        transport.abort()


async def test_a_connection_that_is_closed_already_is_not_adopted() -> None:
    """Somebody who left while joining would be announced after it is gone, and stay."""
    from daphne.ws_protocol import WebSocketProtocol  # noqa: PLC0415 - installs the reactor

    protocol = WebSocketProtocol()
    protocol.state = WebSocketProtocol.STATE_CLOSED
    assert adopt(functools.partial(_send, protocol), _hear, _closing) is None
