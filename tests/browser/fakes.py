"""Servers of the family as they are, each with habits of its own; they speak for themselves."""

from __future__ import annotations

import contextlib
import json
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.http11 import Request, Response
    from websockets.sync.server import Server, ServerConnection

    Habit = Callable[[ServerConnection], None]

SOMEBODY = "0a0a0a0a-1111-4222-8333-444444444444"
ME = "7f3a7f3a-5555-4666-8777-888888888888"
# 2023-11-14 22:13:20.123456789 UTC
NANOSECONDS = 1700000000123456789


class FakeServer:
    """A server that treats every connection by one habit; a context manager that ends it."""

    def __init__(self, habit: Habit, port: int = 0) -> None:
        self.connections = 0
        self._habit = habit
        self._server: Server = serve(self._handle, "127.0.0.1", port, process_response=self._count)
        self.port: int = self._server.socket.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"ws://{self.host}/"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()

    def _count(self, _: ServerConnection, __: Request, response: Response) -> None:
        # Before the answer is out: a page may show that it is in before the habit's thread runs.
        self.connections += response.status_code == HTTPStatus.SWITCHING_PROTOCOLS

    def _handle(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            self._habit(connection)


def send(connection: ServerConnection, **message: Any) -> None:
    """Send a message with these fields and no others."""
    connection.send(json.dumps(message))


def welcome(connection: ServerConnection) -> None:
    """Let one in as the protocol says."""
    send(connection, sender="system", action="connect", contents=ME, timestamp=1700000000)


def echo(connection: ServerConnection, **changed: Any) -> None:
    """Send back everything that is said, until the connection ends."""
    for text in connection:
        contents = json.loads(text)["contents"]
        message = {"sender": ME, "action": "chat", "contents": contents, "timestamp": 1700000000}
        send(connection, **{**message, **changed})


def go_like(connection: ServerConnection) -> None:
    """Nanoseconds as numbers, and no field that is empty."""
    send(connection, sender="system", action="connect", contents=ME, timestamp=NANOSECONDS)
    send(connection, sender=SOMEBODY, action="chat", contents="in Go", timestamp=NANOSECONDS)
    send(connection, sender=SOMEBODY, action="chat", timestamp=NANOSECONDS)
    send(connection, action="connect", contents=SOMEBODY)
    echo(connection, timestamp=NANOSECONDS)


def objecting(connection: ServerConnection) -> None:
    """Answer the first thing said with an error, and stay."""
    welcome(connection)
    connection.recv()
    send(connection, sender="system", action="error", contents="say it nicely")
    echo(connection)


def misspelling(connection: ServerConnection) -> None:
    """Spell an action wrongly."""
    welcome(connection)
    send(connection, sender="system", action="connect", contents=SOMEBODY, timestamp="1700000000")
    send(connection, sender="system", action="discconnect", contents=SOMEBODY)
    echo(connection)


def hasty(connection: ServerConnection) -> None:
    """Deliver a chat before one's own connect."""
    send(connection, sender=SOMEBODY, action="chat", contents="too early", timestamp=1700000000)
    welcome(connection)
    echo(connection)


def silent_on_joining(connection: ServerConnection) -> None:
    """Never say who one is."""
    echo(connection)


def rambling(connection: ServerConnection) -> None:
    """Send what is no message at all."""
    welcome(connection)
    for text in ("", "not JSON", "[1, 2]", "null", "42", '{"action": 5}', '{"action": "dance"}'):
        connection.send(text)
    connection.send(b'{"sender":"x","action":"chat","contents":"in bytes","timestamp":"soon"}')
    send(connection, sender=SOMEBODY, action="chat", contents={"a": 1}, timestamp=-5)
    send(connection, sender="system", action="chat", contents="cake in the kitchen")
    echo(connection)


def closing(code: int, *, error: str = "", reason: str = "") -> Habit:
    """Return the habit of closing everybody who says something."""

    def habit(connection: ServerConnection) -> None:
        welcome(connection)
        connection.recv()
        if error:
            send(connection, sender="system", action="error", contents=error)
        connection.close(code, reason)

    return habit


def full(connection: ServerConnection) -> None:
    """Turn everybody away at the door, for the time being."""
    send(connection, sender="system", action="error", contents="100 are in the room, its most")
    connection.close(1013)


def mute(connection: ServerConnection) -> None:
    """Take what is said and never send it back."""
    welcome(connection)
    for _ in connection:
        pass
