"""No to a handshake, with a status that says why: as cheap as a refusal gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autobahn.websocket.types import ConnectionDeny

from chat.transport.adopt import daphne_protocol

if TYPE_CHECKING:
    from http import HTTPStatus

    from chat.transport.asgi import Send


async def refuse(scope: Any, send: Send, status: HTTPStatus) -> None:
    """Answer a handshake that was not accepted; a 403 where the server knows no other way."""
    protocol = daphne_protocol(send)
    if protocol is not None and hasattr(protocol, "handshake_deferred"):
        protocol.handshake_deferred.errback(_denial(status))
        del protocol.handshake_deferred
        protocol.server.protocol_disconnected(protocol)
    elif "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": int(status), "headers": []})
        await send({"type": "websocket.http.response.body", "body": status.phrase.encode()})
    else:
        await send({"type": "websocket.close"})


def _denial(status: HTTPStatus) -> Exception:
    denial: Exception = ConnectionDeny(int(status), status.phrase)  # type: ignore[no-untyped-call]
    return denial
