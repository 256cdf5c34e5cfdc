from __future__ import annotations

import functools
from typing import Any

from chat.transport.adopt import adopt
from chat.transport.asgi import AsgiTransport
from chat.transport.member_protocol import MemberProtocol


async def _send(*_: Any) -> None:
    """Do nothing."""


class Nobody:
    """A hearer to whom nothing is told."""

    def hear(self, message: bytes, *, is_binary: bool = False) -> None:
        """Do nothing."""

    def hear_end(self, code: int) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


async def test_any_other_server_is_written_to_the_asgi_way() -> None:
    """The room would not work on another server, or behind a middleware."""
    for send in (_send, functools.partial(_send), functools.partial(_send, "something else")):
        transport = adopt(send, Nobody())
        assert isinstance(transport, AsgiTransport)
        transport.abort()


async def test_a_connection_that_is_closed_already_is_not_adopted() -> None:
    """Somebody who left while joining would be announced after it is gone, and stay."""
    protocol = MemberProtocol()
    protocol.state = MemberProtocol.STATE_CLOSED
    assert adopt(functools.partial(_send, protocol), Nobody()) is None
