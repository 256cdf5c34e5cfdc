"""A room that behaves as the family's Rust server does where it differs from the protocol.

Times are nanoseconds; a client has to send a sender; `discconnect` is how it spells a disconnect;
an unknown action is a bad message, any known one is a chat with the server's sender; a bad message
gets the error `bad message` and the connection stays open; binary is ignored; a fragment ends the
connection without a word. One actor holds the room, as actix has it: one order for all, and the
own connect first.

Usage: python -m bench.peers.rust_like HOST:PORT
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from bench.peers.message import address_argument

if TYPE_CHECKING:
    from websockets.http11 import Request, Response

ACTIONS = {None, "connect", "chat", "discconnect", "error"}

room: set[ServerConnection] = set()


def tell_all(sender: str, action: str, contents: str) -> None:
    """Broadcast a message."""
    broadcast(room, encode(sender, action, contents))


def encode(sender: str, action: str, contents: str) -> str:
    """Write a message."""
    fields = {"sender": sender, "action": action, "contents": contents}
    stamped = {**fields, "timestamp": time.time_ns()}
    return json.dumps(stamped, separators=(",", ":"), ensure_ascii=False)


def decode(text: str) -> str:
    """Return the contents of a client's message.

    Raises:
        ValueError: it is not JSON, lacks a field, or has one of another type.

    """
    found = json.loads(text, parse_constant=refuse_constant)
    if not isinstance(found, dict) or found.get("action") not in ACTIONS:
        raise ValueError("expected an object with a known action")
    for name in ("sender", "contents"):
        if not isinstance(found.get(name), str):
            raise ValueError(f"expected a {name}")  # noqa: TRY004 - one kind for all
        found[name].encode()
    timestamp = found.get("timestamp")
    fits = type(timestamp) is int and 0 <= timestamp < 2**64
    if timestamp is not None and not fits:
        raise ValueError("expected a number of 64 bits as timestamp")
    contents: str = found["contents"]
    return contents


def refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python would take.

    Raises:
        ValueError: always.

    """
    raise ValueError(f"unexpected {name}")


async def read(connection: ServerConnection, name: str) -> None:
    """Take messages of one frame each, until one has more."""
    while True:
        parts: list[str | bytes] = []
        async for part in connection.recv_streaming():
            if parts:
                connection.transport.abort()
                return
            parts.append(part)
        if isinstance(parts[0], str):
            await say(connection, name, parts[0])


async def say(connection: ServerConnection, name: str, text: str) -> None:
    """Broadcast what a member says, or tell it that it is bad."""
    try:
        contents = decode(text)
    except (ValueError, TypeError, RecursionError):
        await connection.send(encode("system", "error", "bad message"))
    else:
        tell_all(name, "chat", contents)


async def member(connection: ServerConnection) -> None:
    """Join, chat until the connection ends, leave."""
    name = str(uuid.uuid4())
    room.add(connection)
    tell_all("system", "connect", name)
    with contextlib.suppress(ConnectionClosed):
        await read(connection, name)
    room.discard(connection)
    tell_all("system", "discconnect", name)


def refuse_other_paths(connection: ServerConnection, request: Request) -> Response | None:
    """Answer 404 for all but the root."""
    if request.path.partition("?")[0] == "/":
        return None
    return connection.respond(HTTPStatus.NOT_FOUND, "")


async def main() -> None:
    """Serve the one room at the address given."""
    host, port = address_argument()
    async with serve(
        member, host, port, compression=None, process_request=refuse_other_paths
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
