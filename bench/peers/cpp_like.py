"""A room that behaves as the family's C++ server does where that differs from the protocol.

Keys are sorted; times are nanoseconds; a client has to send a sender, and chats go out with the
sender and the time that it sent, empty or 0 as they are; a bad message gets the error `bad message`
and the connection stays open; a socket gets its own connect before it is added to the room, so what
is said in between is lost to it; binary is taken for text; any path is the room.

Usage: python -m bench.peers.cpp_like HOST:PORT
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from bench.peers.message import address_argument

DOOR_SECONDS = 0.003
LONGEST = 16 * 1024 * 1024
ACTIONS = {"connect", "chat", "disconnect", "error"}

room: set[ServerConnection] = set()


def encode(sender: str, action: str, contents: str, timestamp: int | None = None) -> str:
    """Write a message, its keys sorted; at the present nanosecond unless a time is given."""
    stamp = time.time_ns() if timestamp is None else timestamp
    fields = {"action": action, "contents": contents, "sender": sender, "timestamp": stamp}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


def decode(text: str) -> str:
    """Return the chat that a client's message makes.

    Raises:
        ValueError: it is not JSON, has no sender, or has a field of another type.

    """
    found = json.loads(text.removeprefix("\ufeff"), parse_constant=refuse_constant)
    if not isinstance(found, dict) or not isinstance(found.get("sender"), str):
        raise ValueError("expected an object with a sender")  # noqa: TRY004 - one kind for all
    action, contents = found.get("action", "chat"), found.get("contents", "")
    timestamp = found.get("timestamp", 0)
    is_number = isinstance(timestamp, int | float) and not isinstance(timestamp, bool)
    if action not in ACTIONS or not isinstance(contents, str) or not is_number:
        raise ValueError("a field has another type")
    said = encode(found["sender"], "chat", contents, wrapped(timestamp))
    said.encode()
    return said


def wrapped(number: float) -> int:
    """Return a number as an unsigned one of 64 bits holds it; an infinite one is 0."""
    return int(number) % 2**64 if abs(number) < float("inf") else 0


def refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python would take.

    Raises:
        ValueError: always.

    """
    raise ValueError(f"unexpected {name}")


async def say(connection: ServerConnection, text: Any) -> None:
    """Broadcast what a member says, or tell it that it is bad."""
    try:
        said = decode(text if isinstance(text, str) else text.decode())
    except (ValueError, OverflowError, RecursionError):
        await connection.send(encode("system", "error", "bad message"))
    else:
        broadcast(room, said)


async def member(connection: ServerConnection) -> None:
    """Join, chat until the connection ends, leave."""
    name = str(uuid.uuid4())
    joined = encode("system", "connect", name)
    with contextlib.suppress(ConnectionClosed):
        await connection.send(joined)
        broadcast(room, joined)
        await asyncio.sleep(DOOR_SECONDS)
        room.add(connection)
        async for text in connection:
            await say(connection, text)
    room.discard(connection)
    broadcast(room, encode("system", "disconnect", name))


async def main() -> None:
    """Serve the one room at the address given."""
    host, port = address_argument()
    async with serve(member, host, port, compression=None, max_size=LONGEST) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
