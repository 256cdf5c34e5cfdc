from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from daphne.ws_protocol import WebSocketProtocol

from chat.transport.asgi import AsgiTransport
from chat.transport.daphne import DaphneTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.transport.asgi import Send


def adopt(
    send: Send, hear: Callable[[bytes], None], on_closing: Callable[[int], None]
) -> DaphneTransport | AsgiTransport | None:
    """Return the best way to the socket behind an accepted connection's `send`, None if it is gone.

    `hear` and `on_closing` are for Daphne; another server's messages and disconnects come as
    events of the application.
    """
    protocol = daphne_protocol(send)
    if protocol is None:
        return AsgiTransport(send)
    if protocol.state != WebSocketProtocol.STATE_OPEN:
        return None
    return DaphneTransport(protocol, hear, on_closing)


def daphne_protocol(send: Any) -> WebSocketProtocol | None:
    """Find the protocol that Daphne binds into `send`."""
    if isinstance(send, functools.partial) and send.args:
        protocol = send.args[0]
        if isinstance(protocol, WebSocketProtocol):
            return protocol
    return None
