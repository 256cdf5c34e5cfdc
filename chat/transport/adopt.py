from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from chat.transport.asgi import AsgiTransport
from chat.transport.daphne import DaphneTransport
from chat.transport.member_protocol import MemberProtocol

if TYPE_CHECKING:
    from chat.transport.asgi import Send
    from chat.transport.hearer import Hearer


def adopt(send: Send, hearer: Hearer) -> DaphneTransport | AsgiTransport | None:
    """Return the best way to the socket behind an accepted connection's `send`, None if it is gone.

    What comes from the member goes to `hearer` on Daphne; on another server it comes as events
    of the application.
    """
    protocol = daphne_protocol(send)
    if protocol is None:
        return AsgiTransport(send)
    if protocol.state != MemberProtocol.STATE_OPEN:
        return None
    return DaphneTransport(protocol, hearer)


def daphne_protocol(send: Any) -> MemberProtocol | None:
    """Find the protocol that Daphne binds into `send`."""
    if isinstance(send, functools.partial) and send.args:
        protocol = send.args[0]
        if isinstance(protocol, MemberProtocol):
            return protocol
    return None
