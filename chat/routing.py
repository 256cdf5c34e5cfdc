from __future__ import annotations

from typing import Any

from chat.config.conf import conf
from chat.consumers import ChatConsumer
from chat.serving.assembly import the_parts

chat = ChatConsumer.as_asgi(parts=the_parts(), conf=conf)


async def websocket_application(scope: Any, receive: Any, send: Any) -> None:
    """Send the root to the room; refuse a WebSocket on any other path with a 403 (ASGI)."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path in {"", "/"}:
        await chat(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close"})
