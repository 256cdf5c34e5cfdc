"""A Redis in memory that runs the room's scripts: of the rest it knows what the room uses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bench.simulation.keyspace import NEEDS_MEMORY, OK, WRITES, Keyspace
from bench.simulation.scripts import digest, interpreter
from bench.simulation.wire import Commands, RedisFailure, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.simulation.loop import Owner

READ_ONLY = "READONLY You can't write against a read only replica."
FULL = "OOM command not allowed when used memory > 'maxmemory'."


class RedisModel:
    """One redis-server; `connect` makes the server's end of a connection to it.

    Attributes:
        run_id: names this start of it.
        most_bytes: of streams, over which it is full; None for no limit.
        is_replica: whether it refuses writes.
        sessions: the connections, in the order in which they were made.
        on_command: is told of every command before it runs, and may raise ConnectionAbortedError to
            have the connection cut instead; what it returns is called with the answer, likewise.

    """

    def __init__(self, run_id: str, now: Callable[[], float]) -> None:
        self.run_id = run_id
        self.keyspace = Keyspace(lambda: int(now() * 1000))
        self.most_bytes: int | None = None
        self.is_replica = False
        self.sessions: dict[Session, None] = {}
        self.scripts: dict[bytes, bytes] = {}
        self.channels: dict[bytes, dict[Session, None]] = {}
        self.on_command: Callable[[Session, list[bytes]], Callable[[], None]] = _pass

    def connect(self, client: Owner | None = None) -> Session:
        """Return the server's end of a new connection of a client."""
        return Session(self, client)

    def restart(self, run_id: str, keyspace: Keyspace | None = None) -> None:
        """Begin anew with this data, or none; the connections are cut by who calls."""
        self.run_id = run_id
        self.scripts.clear()
        if keyspace is None:
            self.keyspace.data.clear()
        else:
            self.keyspace = keyspace

    def execute(self, session: Session, command: list[bytes]) -> Any:
        """Run one command of a client; return its answer, a failure among them."""
        name, *arguments = command
        try:
            match name.upper():
                case b"EVALSHA" | b"EVAL":
                    return self._run_script(session, name.upper(), arguments)
                case b"SCRIPT":
                    return self._load(arguments[1])
                case b"PING":
                    return b"PONG"
                case b"AUTH" | b"SELECT" | b"CLIENT":
                    return OK
                case other:
                    return self._run(other, arguments)
        except RedisFailure as failure:
            return failure

    def publish(self, channel: bytes, payload: bytes) -> int:
        """Send to who subscribes."""
        listeners = self.channels.get(channel, {})
        for session in listeners:
            session.send([b"message", channel, payload])
        return len(listeners)

    def _load(self, script: bytes) -> bytes:
        name = digest(script)
        self.scripts[name] = script
        return name

    def _run(self, name: bytes, arguments: list[bytes]) -> Any:
        if name == b"PUBLISH":
            return self.publish(*arguments)
        if name == b"INFO":
            return b"# Server\r\nredis_version:7.0.15\r\nrun_id:%b\r\n" % self.run_id.encode()
        if name == b"FLUSHALL":
            self.keyspace.data.clear()
            return OK
        if self.is_replica and name in WRITES:
            raise RedisFailure(READ_ONLY)
        return self.keyspace.run(name, arguments)

    def _run_script(self, session: Session, how: bytes, arguments: list[bytes]) -> Any:
        script = arguments[0]
        if how == b"EVAL":
            self._load(script)
        elif script in self.scripts:
            script = self.scripts[script]
        else:
            raise RedisFailure("NOSCRIPT No matching script. Please use EVAL.")
        keys = 2 + int(arguments[1])
        is_full = self.most_bytes is not None and self.keyspace.size > self.most_bytes
        has_written = False

        def call(command: list[bytes]) -> Any:
            nonlocal has_written
            name = command[0].upper()
            if is_full and not has_written and name in NEEDS_MEMORY:
                raise RedisFailure(FULL)
            has_written = has_written or name in WRITES
            return self._run(name, command[1:])

        return interpreter().run(script, arguments[2:keys], arguments[keys:], call)


class Session(asyncio.Protocol):
    """The server's end of one connection."""

    def __init__(self, model: RedisModel, client: Owner | None) -> None:
        self.model = model
        self.client = client
        self.transport: asyncio.Transport | None = None
        self._commands = Commands()
        self.subscribed: dict[bytes, None] = {}

    def connection_made(self, transport: Any) -> None:
        """Be connected."""
        self.transport = transport
        self.model.sessions[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self.model.sessions.pop(self, None)
        for channel in self.subscribed:
            self.model.channels[channel].pop(self, None)

    def data_received(self, data: bytes) -> None:
        """Run what the client sent, and answer."""
        for command in self._commands.feed(data):
            if self not in self.model.sessions:
                return
            try:
                answered = self.model.on_command(self, command)
                answers = self._answer(command)
                answered()
            except ConnectionAbortedError:
                self.cut()
                return
            for answer in answers:
                self.send(answer)

    def send(self, answer: Any) -> None:
        """Send an answer or a message."""
        if self.transport is not None:
            self.transport.write(encode(answer))

    def cut(self) -> None:
        """End the connection at once."""
        if self.transport is not None:
            self.transport.abort()

    def _answer(self, command: list[bytes]) -> list[Any]:
        name = command[0].upper()
        if name not in {b"SUBSCRIBE", b"UNSUBSCRIBE"}:
            return [self.model.execute(self, command)]
        answers: list[Any] = []
        for channel in command[1:] or list(self.subscribed):
            listeners = self.model.channels.setdefault(channel, {})
            if name == b"SUBSCRIBE":
                self.subscribed[channel] = listeners[self] = None
            else:
                self.subscribed.pop(channel, None)
                listeners.pop(self, None)
            answers.append([name.lower(), channel, len(self.subscribed)])
        return answers


def _pass(_session: Session, _command: list[bytes]) -> Callable[[], None]:
    return lambda: None
