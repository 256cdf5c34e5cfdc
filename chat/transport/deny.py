from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from http import HTTPStatus


async def deny(
    scope: Any, send: Callable[[Any], Awaitable[None]], status: HTTPStatus, reason: str
) -> None:
    """Refuse a WebSocket handshake with a status and a line (ASGI).

    Servers without the extension `websocket.http.response` answer with a bare 403.
    """
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "websocket.http.response.start", "status": int(status), "headers": headers})
    await send({"type": "websocket.http.response.body", "body": reason.encode() + b"\n"})
