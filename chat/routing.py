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
        await run_with_socket(consumer, scope, send)
    else:
        await run_plain(consumer, scope, receive, send)


async def run_with_socket(consumer: Any, scope: Any, send: Any) -> None:
    """Run a consumer until it has joined; from then on the member's own socket calls it.

    It gets what Channels' `__call__` sets up, without the task and the receive loop that last as
    long as the connection.
    """
    extensions: dict[str, Any] = scope["extensions"]

    async def send_or_end(event: Any) -> None:
        """Send by the socket, as soon as the handshake is accepted."""
        socket: MemberSocket | None = extensions[SOCKET]
        await (send if socket is None else socket.send_event)(event)
        if event["type"] == "websocket.accept" and extensions[SOCKET] is None:
            raise StopConsumer  # the client left during the handshake

    consumer.scope, consumer.base_send = scope, send_or_end
    consumer.channel_layer = get_channel_layer(consumer.channel_layer_alias)
    consumer.channel_name = await consumer.channel_layer.new_channel()
    is_connected = False
    try:
        await consumer.websocket_connect({"type": "websocket.connect"})
        is_connected = True
    except StopConsumer:
        pass
    finally:
        socket: MemberSocket | None = extensions[SOCKET]
        if socket is not None:
            if not is_connected:
                socket.close(FAILED)
            consumer.base_send = socket.send_event
            socket.start(consumer)


async def run_plain(consumer: Any, scope: Any, receive: Any, send: Any) -> None:
    """Run a consumer as usual, with the server's `receive` behind a gate (backpressure)."""
    gate = scope["extensions"][GATE] = Gate(receive)
    try:
        await consumer(scope, gate.receive, send)
    except asyncio.CancelledError:
        if gate.was_aborted:
            return
        if the_parts().closing.is_closing:
            await send({"type": "websocket.close", "code": RESTART.code})
        raise
