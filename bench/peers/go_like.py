"""A room that behaves as the family's Go server does where that differs from the protocol.

Times are nanoseconds; empty fields are left out; a missing one has the value of the message before;
every broadcast is a goroutine, so none waits for another; a newcomer is let in only after its own
connect is sent, so two that come at once miss each other; a fragment is taken for a message; text
that is no JSON ends the connection without an error; whoever has no origin is refused; and
`discconnect` is how one server of the family spells it.

Usage: python -m bench.peers.go_like HOST:PORT
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.peers.message import address_argument

if TYPE_CHECKING:
    from websockets.http11 import Request, Response

DOOR_SECONDS = 0.003
GOROUTINE_SECONDS = 0.003
PREEMPTED = 0.3
QUEUED = 50
CLOSE_SECONDS = 0.05
LONGEST = 32 * 1024 * 1024
ACTIONS = {"", "connect", "chat", "discconnect", "error"}
FIELDS = ("sender", "action", "contents", "timestamp")

Queue = asyncio.Queue[str]
queues: dict[str, Queue] = {}
goroutines: set[asyncio.Task[None]] = set()


class TypeMismatchError(Exception):
    """A field has another type: the one fault that Go's server tells of before it closes."""


def encode(sender: str, action: str, contents: str) -> str:
    """Write a message without its empty fields."""
    fields: dict[str, Any] = {"sender": sender, "action": action, "contents": contents}
    fields["timestamp"] = time.time_ns()
    kept = {name: value for name, value in fields.items() if value}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def decode(text: str | bytes, into: dict[str, Any]) -> None:
    """Read a message into the one before it, as json.Unmarshal does.

    Raises:
        ValueError: it is not JSON, or has no such action.
        TypeMismatchError: a field has another type.

    """
    found = json.loads(text, parse_constant=refuse_constant)
    if not isinstance(found, dict):
        raise TypeMismatchError
    for name in FIELDS:
        if found.get(name) is not None:
            into[name] = field(name, found[name])
    if into["action"] not in ACTIONS:
        raise ValueError(f"invalid action: {into['action']}")


def field(name: str, value: Any) -> str | int:
    """Return a field as its type in Go holds it.

    Raises:
        TypeMismatchError: that type cannot.

    """
    if name != "timestamp" and isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if name == "timestamp" and is_number and abs(value) < 2**63:
        return int(value)
    raise TypeMismatchError


def refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python would take.

    Raises:
        ValueError: always.

    """
    raise ValueError(f"invalid character in {name}")


async def put(text: str) -> None:
    """Queue a message for everyone, others coming in between."""
    for queue in list(queues.values()):
        await queue.put(text)
        if random.random() < PREEMPTED:
            await asyncio.sleep(0)


def go(sender: str, action: str, contents: str) -> None:
    """Broadcast without waiting, and without any order."""

    async def broadcast() -> None:
        await asyncio.sleep(random.random() * GOROUTINE_SECONDS)
        await put(encode(sender, action, contents))

    task = asyncio.create_task(broadcast())
    goroutines.add(task)
    task.add_done_callback(goroutines.discard)


async def write(connection: ServerConnection, queue: Queue) -> None:
    """Write what is queued for one member; what cannot be written is dropped."""
    while True:
        text = await queue.get()
        with contextlib.suppress(ConnectionClosed):
            await connection.send(text)


async def read(connection: ServerConnection, name: str) -> None:
    """Take every frame for a message until one is none."""
    said: dict[str, Any] = {"sender": "system", "action": "connect", "contents": name}
    while True:
        async for part in connection.recv_streaming(decode=False):
            decode(part, said)
            go(name, "chat", said["contents"])


async def member(connection: ServerConnection) -> None:
    """Join, chat until the connection ends or a message is bad, leave."""
    name = str(uuid.uuid4())
    joined = encode("system", "connect", name)
    await put(joined)
    await connection.send(joined)
    await asyncio.sleep(DOOR_SECONDS)
    queue = queues[name] = Queue(QUEUED)
    writing = asyncio.create_task(write(connection, queue))
    try:
        await read(connection, name)
    except TypeMismatchError:
        with contextlib.suppress(ConnectionClosed):
            await connection.send(encode("system", "error", "bad message"))
    except (ConnectionClosed, ValueError, RecursionError):
        pass
    finally:
        del queues[name]
        go("system", "discconnect", name)
        while not queue.empty():  # whoever waits to put something there must not wait for ever
            queue.get_nowait()
            await asyncio.sleep(0)
        writing.cancel()


def refuse_without_origin(connection: ServerConnection, request: Request) -> Response | None:
    """Refuse as x/net/websocket's handler does."""
    if ":" in request.headers.get("Origin", ""):
        return None
    return connection.respond(HTTPStatus.FORBIDDEN, "")


async def main() -> None:
    """Serve the one room at the address given."""
    host, port = address_argument()
    async with serve(
        member,
        host,
        port,
        compression=None,
        close_timeout=CLOSE_SECONDS,
        max_size=LONGEST,
        process_request=refuse_without_origin,
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
