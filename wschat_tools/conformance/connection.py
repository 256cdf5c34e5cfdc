"""One WebSocket that reads strictly and sends anything; no wait of it is without an end."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Self

from chat.conformance.errors import ClosedError, UnframedError
from chat.conformance.frames import (
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
from chat.conformance.wire import LONGEST_MESSAGE, Wire, open_wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat.load import Address


class Connection:
    """One connection to a room.

    Attributes:
        id: what the server called it, once its own connect is heard.
        first: its own connect.
        fragmented: whether `send_text` cuts messages in two frames.
        pongs: the payloads of the pongs that came.
        wire: the bytes below.
        headers: what the server answered to the handshake, names in lower case.

    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.id = ""
        self.first: Heard | None = None
        self.fragmented = False
        self.pongs: list[bytes] = []
        self.headers: dict[str, str] = {}
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
        connection = cls(await open_wire(address, timeout))
        handshake = Handshake(address, path, headers or {})
        try:
            connection.send_raw(handshake.request + first)
            connection.headers = handshake.check(await connection.wire.read_answer())
        except BaseException:
            await connection.aclose()
            raise
        return connection

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
            fin, opcode, payload = await self.wire.read_frame()
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

    async def hear_end(self) -> tuple[list[Heard], int | None]:
        """Return all that comes until the connection ends, and the code it ended with."""
        heard: list[Heard] = []
        while True:
            try:
                heard.append(await self.hear())
            except ClosedError as end:
                return heard, end.code

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
        self.wire.write(data)

    def send_close(self, code: int = 1000) -> None:
        """Send a close frame."""
        self.send_raw(close_frame(code))

    def send_fin(self) -> None:
        """End our side of the TCP connection, without a close frame."""
        self.wire.write_eof()

    def reset(self) -> None:
        """Reset the TCP connection."""
        self.wire.reset()

    async def is_eof(self) -> bool:
        """Tell whether the server ended the TCP connection and sent nothing more before."""
        return await self.wire.is_eof()

    async def aclose(self) -> None:
        """End the connection, without a close frame and without waiting for the server."""
        await self.wire.aclose()
