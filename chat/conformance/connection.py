"""One WebSocket that reads strictly and sends anything; no wait of it is without an end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Final, Self

from chat.conformance.errors import ClosedError, SilentError, UnframedError
from chat.conformance.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    chat_text,
    client_frame,
    close_frame,
)
from chat.conformance.handshake import Handshake
from chat.conformance.heard import Heard, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat.load import Address

LONGEST_MESSAGE: Final = 16 * 1024 * 1024
OPCODES: Final = (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)


class Connection:
    """One connection to a room.

    Attributes:
        id: what the server called it, once its own connect is heard.
        first: its own connect.
        fragmented: whether `send_text` cuts messages in two frames.
        pongs: the payloads of the pongs that came.
        headers: what the server answered to the handshake, names in lower case.

    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float
    ) -> None:
        self.id = ""
        self.first: Heard | None = None
        self.fragmented = False
        self.pongs: list[bytes] = []
        self.headers: dict[str, str] = {}
        self._reader = reader
        self._writer = writer
        self._timeout = timeout
        self._parts = b""
        self._in_parts = False

    @classmethod
    async def open(
        cls,
        address: Address,
        timeout: float,  # noqa: ASYNC109 - of every wait of this connection, not of the call
        *,
        path: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        first: bytes = b"",
    ) -> Self:
        """Connect and shake hands; `first` goes out behind the handshake, in the same segment.

        Raises:
            ConnectionError: nobody listens.
            RefusedError: the answer was another one than 101.
            ClosedError, SilentError: there was none.

        """
        raw = socket.socket(address.family)
        raw.settimeout(0)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            async with asyncio.timeout(timeout):
                await asyncio.get_running_loop().sock_connect(raw, address.sockaddr)
        except TimeoutError:
            raw.close()
            raise SilentError(f"no connection within {timeout:g} s") from None
        except BaseException:
            raw.close()
            raise
        connection = cls(*await asyncio.open_connection(sock=raw), timeout)
        handshake = Handshake(address, path, headers or {})
        try:
            connection.send_raw(handshake.request + first)
            connection.headers = handshake.check(await connection._answer())
        except BaseException:
            await connection.aclose()
            raise
        return connection

    async def _answer(self) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return await self._reader.read(1024)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                return error.partial
            raise ClosedError(None) from None
        except ConnectionError:
            raise ClosedError(None) from None
        except TimeoutError:
            raise SilentError(f"no answer to the handshake within {self._timeout:g} s") from None

    async def hear(self) -> Heard:
        """Return the next message; pings are answered on the way.

        Raises:
            ClosedError: there is none, the connection ended.
            SilentError: none came in time.
            UnframedError: it is no message.

        """
        while True:
            opcode, payload = await self.read_message()
            if opcode == TEXT:
                return read(payload)
            if opcode == PING:
                self.send_frame(payload, PONG)
            elif opcode == PONG:
                self.pongs.append(payload)
            elif opcode == CLOSE:
                raise ClosedError(struct.unpack("!H", payload[:2])[0] if payload else 1005)
            else:
                raise UnframedError(f"a binary message of {len(payload)} bytes")

    async def read_message(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next control frame or whole message."""
        while True:
            fin, opcode, payload = await self.read_frame()
            if opcode >= CLOSE:
                return opcode, payload
            if (opcode == CONTINUATION) != self._in_parts:
                raise UnframedError("frames of two messages mixed with each other")
            self._parts += payload
            self._in_parts = not fin
            if len(self._parts) > LONGEST_MESSAGE:
                raise UnframedError(f"a message of more than {LONGEST_MESSAGE} bytes")
            if fin:
                whole, self._parts = self._parts, b""
                return opcode or TEXT, whole

    async def read_frame(self) -> tuple[bool, int, bytes]:
        """Return whether the next frame is final, its opcode and its payload."""
        try:
            async with asyncio.timeout(self._timeout):
                first, length = await self._reader.readexactly(2)
                opcode = first & 0x0F
                if first & 0x70 or length > 127 or opcode not in OPCODES:
                    start = bytes((first, length))
                    raise UnframedError(f"a frame that starts {start!r}, not a server's")
                if length == 126:
                    length = int.from_bytes(await self._reader.readexactly(2), "big")
                elif length == 127:
                    length = int.from_bytes(await self._reader.readexactly(8), "big")
                if length > LONGEST_MESSAGE:
                    raise UnframedError(f"a frame that announces {length} bytes")
                return first > 127, opcode, await self._reader.readexactly(length)
        except TimeoutError:
            raise SilentError(f"nothing within {self._timeout:g} s") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ClosedError(None) from None

    async def hear_end(self) -> tuple[list[Heard], int | None]:
        """Return all that comes until the connection ends, and the code it ended with."""
        heard: list[Heard] = []
        while True:
            try:
                heard.append(await self.hear())
            except ClosedError as end:
                return heard, end.code

    async def is_eof(self) -> bool:
        """Tell whether the server ended the TCP connection and sent nothing more before."""
        with contextlib.suppress(ConnectionError):
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._reader.read(1) == b""
            except TimeoutError:
                return False
        return True

    def say(self, contents: str) -> None:
        """Send a chat."""
        self.send_text(chat_text(contents))

    def send_text(self, text: bytes) -> None:
        """Send a text message, right or wrong."""
        if not self.fragmented:
            self.send_frame(text)
            return
        half = len(text) // 2
        self.send_raw(
            client_frame(text[:half], fin=False) + client_frame(text[half:], CONTINUATION)
        )

    def send_frame(self, payload: bytes, opcode: int = TEXT, *, fin: bool = True) -> None:
        """Send one frame."""
        self.send_raw(client_frame(payload, opcode, fin=fin))

    def send_raw(self, data: bytes) -> None:
        """Send bytes, all in one write."""
        self._writer.write(data)

    def send_close(self, code: int = 1000) -> None:
        """Send a close frame."""
        self.send_raw(close_frame(code))

    def send_fin(self) -> None:
        """End our side of the TCP connection, without a close frame."""
        with contextlib.suppress(OSError):  # the server has ended it already
            self._writer.write_eof()

    def reset(self) -> None:
        """Reset the TCP connection."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):  # it is down already
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def aclose(self) -> None:
        """End the connection, without a close frame and without waiting for the server."""
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
