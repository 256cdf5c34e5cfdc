from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from channels.exceptions import StopConsumer
from channels.layers import get_channel_layer

import chat.serving.plain_daphne  # noqa: F401 - closes the members when plain Daphne stops
from chat.consumers import ChatConsumer
from chat.protocol.messages import FAILED, RESTART
from chat.serving.assembly import the_parts
from chat.transport.base import SOCKET
from chat.transport.channel_queue import GATE, Gate

if TYPE_CHECKING:
    from chat.transport.member_socket import MemberSocket


async def websocket_application(scope: Any, receive: Any, send: Any) -> None:
    """Send the root to the room; refuse a WebSocket on any other path with a 403 (ASGI)."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path not in {"", "/"}:
        await receive()
        await send({"type": "websocket.close"})
        return
    consumer = ChatConsumer(the_parts())
    if SOCKET in scope.setdefault("extensions", {}):
        await run_attached(consumer, scope, send)
    else:
        await run_plain(consumer, scope, receive, send)


async def run_attached(consumer: Any, scope: Any, send: Any) -> None:
    """Run a consumer until it has joined; from then on the member's own socket calls it.

    It gets what Channels' `__call__` would give it, without the task and the queue that last as
    long as the connection.
    """
    offered: dict[str, MemberSocket | None] = scope["extensions"]

    async def send_first(event: Any) -> None:
        socket = offered[SOCKET]
        await (send if socket is None else socket.send_event)(event)
        if event["type"] == "websocket.accept" and offered[SOCKET] is None:
            raise StopConsumer  # the client left during the handshake

    consumer.scope, consumer.base_send = scope, send_first
    consumer.channel_layer = get_channel_layer(consumer.channel_layer_alias)
    consumer.channel_name = await consumer.channel_layer.new_channel()
    try:
        await consumer.websocket_connect({"type": "websocket.connect"})
    except StopConsumer:
        pass
    except Exception:
        socket = offered[SOCKET]
        if socket is not None:
            socket.close(FAILED)
        raise
    finally:
        socket = offered[SOCKET]
        if socket is not None:
            consumer.base_send = socket.send_event
            socket.start(consumer)


async def run_plain(consumer: Any, scope: Any, receive: Any, send: Any) -> None:
    """Run a consumer as every ASGI server does, with a gate that can hold back what it receives."""
    gate = scope["extensions"][GATE] = Gate(receive)
    try:
        await consumer(scope, gate.receive, send)
    except asyncio.CancelledError:
        if gate.was_aborted:
            return
        if the_parts().closing.is_closing:
            await send({"type": "websocket.close", "code": RESTART.code})
        raise
