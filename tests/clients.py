"""Clients for tests: raw sockets with a frame reader of their own, so that odd frames can be sent.

Nothing here comes from the server under test: the frames are those of the checking client.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from wschat_tools.conformance.frames import (
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    chat_text,
    client_frame,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.servers import RunningServer

# Long, for machines under load: what a test waits for comes, or the test fails.
WAIT_SECONDS: Final = 60.0


# Everybody of the tests that are over: what the room still says about them is not this test's.
_forgotten: set[str] = set()


class RefusedError(Exception):
    """The server answered the handshake with another status than 101."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class ClosedError(Exception):
    """The connection ended; `code` is that of the close frame, None if there was none."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Heard:
    """One message from the server, and its bytes."""

    sender: str
    action: str
    contents: str
    timestamp: Any
    raw: bytes


class Client:
    """One connection to a room.

    Attributes:
        id: what the server called it, once its own connect is heard.
        fragmented: whether `send_text` cuts messages in two frames, for Autobahn to put together.
        pongs: the payloads of the pongs that came.

    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.id = ""
        self.fragmented = False
        self.pongs: list[bytes] = []
        self.own_connect: Heard | None = None
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(
        cls,
        server: RunningServer,
        *,
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        first: bytes = b"",
        receive_buffer: int | None = None,
    ) -> Self:
        """Connect and shake hands, sending `first` in the same segment as the handshake.

        Raises:
            RefusedError: the answer was another one than 101.

        """
        raw = socket.socket(socket.AF_INET6 if ":" in server.host else socket.AF_INET)
        raw.setblocking(False)
        if receive_buffer is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(raw, (server.host or "127.0.0.1", server.port))
            name = "localhost" if server.tls else None
            streams = asyncio.open_connection(sock=raw, ssl=server.tls, server_hostname=name)
            client = cls(*await streams)
        except BaseException:
            raw.close()
            raise
        try:
            await client._shake_hands(server, path, dict(headers or {}), first)
        except BaseException:
            await client.aclose()
            raise
        return client

    async def _shake_hands(
        self, server: RunningServer, path: str, headers: dict[str, str], first: bytes
    ) -> None:
        headers = {
            "Host": server.url.split("/")[2],
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.send_raw("\r\n".join([*lines, "", ""]).encode("latin-1") + first)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                answer = await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ClosedError(None) from None
        status = int(answer.split(b" ", 2)[1])
        if status != 101:
            raise RefusedError(status)

    async def hear_own_connect(self) -> None:
        """Take the first message for one's own connect, which tells the id."""
        self.own_connect = await self.hear()
        assert self.own_connect.action == "connect", self.own_connect
        self.id = self.own_connect.contents

    async def hear(self, seconds: float = WAIT_SECONDS) -> Heard:
        """Return the next message about people of this test; pings are answered on the way.

        Raises:
            ClosedError: there is none, the connection ended.
            TimeoutError: none came.

        """
        while True:
            opcode, payload = await self.read_frame(seconds)
            if opcode == TEXT:
                message = Heard(**json.loads(payload), raw=payload)
                if message.sender in _forgotten or message.contents in _forgotten:
                    continue
                return message
            if opcode == PING:
                self.send_frame(payload, PONG)
            elif opcode == PONG:
                self.pongs.append(payload)
            elif opcode == CLOSE:
                raise ClosedError(struct.unpack("!H", payload[:2])[0] if payload else 1005)
            else:
                raise AssertionError(f"a server of this room sends no frames of kind {opcode}")

    async def hear_until(self, is_last: Callable[[Heard], bool]) -> list[Heard]:
        """Return what comes, up to the first message that fits, which is the last one returned."""
        heard = [await self.hear()]
        while not is_last(heard[-1]):
            heard.append(await self.hear())
        return heard

    async def hear_chats(self, count: int, seconds: float = WAIT_SECONDS) -> list[tuple[str, str]]:
        """Return (sender, contents) of the next chats; what else comes is passed over."""
        chats: list[tuple[str, str]] = []
        while len(chats) < count:
            message = await self.hear(seconds)
            if message.action == "chat":
                chats.append((message.sender, message.contents))
        return chats

    async def hear_end(self, seconds: float = WAIT_SECONDS) -> tuple[list[Heard], int | None]:
        """Return all that comes until the connection ends, and the code it ended with."""
        heard: list[Heard] = []
        while True:
            try:
                heard.append(await self.hear(seconds))
            except ClosedError as end:
                return heard, end.code

    async def read_frame(self, seconds: float = WAIT_SECONDS) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame, which is whole and unmasked as it should."""
        try:
            async with asyncio.timeout(seconds):
                first, second = await self._reader.readexactly(2)
                assert first & 0xF0 == 0x80, "fragmented, or reserved bits are set"
                assert second < 128, "masked"
                length = second
                if length == 126:
                    length = int.from_bytes(await self._reader.readexactly(2), "big")
                elif length == 127:
                    length = int.from_bytes(await self._reader.readexactly(8), "big")
                return first & 0x0F, await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ClosedError(None) from None

    async def is_eof(self, seconds: float = WAIT_SECONDS) -> bool:
        """Tell whether the server has nothing more to send, and ended the TCP connection."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(seconds):
                return await self._reader.read(1) == b""
        return True

    def say(self, contents: str) -> None:
        """Send a chat."""
        self.send_text(chat_text(contents))

    def send_text(self, text: bytes) -> None:
        """Send a text message, right or wrong."""
        if self.fragmented:
            half = len(text) // 2
            self.send_raw(
                client_frame(text[:half], fin=False) + client_frame(text[half:], CONTINUATION)
            )
        else:
            self.send_frame(text)

    def send_frame(self, payload: bytes, opcode: int = TEXT, **options: Any) -> None:
        """Send one frame, right or wrong."""
        self.send_raw(client_frame(payload, opcode, **options))

    def send_raw(self, data: bytes) -> None:
        """Send bytes, all in one write."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the operating system has taken most of what was sent."""
        await self._writer.drain()

    def send_close(self, code: int = 1000) -> None:
        """Send a close frame."""
        self.send_frame(struct.pack("!H", code), CLOSE)

    def send_fin(self) -> None:
        """End our side of the TCP connection, without a close frame."""
        with contextlib.suppress(OSError):  # it is down already
            self._writer.write_eof()

    def reset(self) -> None:
        """Reset the TCP connection."""
        with contextlib.suppress(OSError):  # it is down already
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def stop_reading(self) -> None:
        """Take nothing more from the operating system."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def start_reading(self) -> None:
        """Go on after `stop_reading`."""
        self._writer.transport.resume_reading()  # type: ignore[attr-defined]

    @property
    def socket(self) -> socket.socket:
        """The socket below, for its options."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        return raw

    async def aclose(self) -> None:
        """End the connection, without a close frame."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class Visitors:
    """Everybody whom one test brings into a server's room; all are gone when it is over."""

    def __init__(self, server: RunningServer, *, fragmented: bool = False) -> None:
        self.server = server
        self._fragmented = fragmented
        self._clients: list[Client] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            if client.id:
                _forgotten.add(client.id)
            await client.aclose()

    async def open(self, **options: Any) -> Client:
        """Shake hands, and hear nothing yet."""
        client = await Client.open(self.server, **options)
        client.fragmented = self._fragmented
        self._clients.append(client)
        return client

    async def join(self, **options: Any) -> Client:
        """Bring one in, as far as its own connect."""
        client = await self.open(**options)
        await client.hear_own_connect()
        return client

    async def join_each(self, count: int) -> list[Client]:
        """Bring some in, one after the other, until all have heard of all who came after them."""
        clients = [await self.join() for _ in range(count)]
        last = clients[-1].id
        for client in clients[:-1]:
            await client.hear_until(lambda message: message.contents == last)
        return clients


async def no_message(client: Client, other: Client) -> list[Heard]:
    """Return what `client` heard before a chat that `other` says now; empty if it was nothing."""
    mark = os.urandom(8).hex()
    other.say(mark)
    return (await client.hear_until(lambda message: message.contents == mark))[:-1]


async def say_last_and_reset(client: Client, data: bytes, server: RunningServer) -> None:
    """Send bytes and reset the connection while the server is frozen, so that it finds both."""
    server.send_signal(signal.SIGSTOP)
    try:
        client.send_raw(data)
        await client.drain()
        client.reset()
        await asyncio.sleep(0.1)
    finally:
        server.send_signal(signal.SIGCONT)
