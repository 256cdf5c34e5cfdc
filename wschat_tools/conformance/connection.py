"""One WebSocket that reads strictly and sends anything; no wait of it is without an end."""

from __future__ import annotations

import struct
from collections import Counter
from typing import TYPE_CHECKING, Final, Self

from wschat_tools.conformance.errors import ClosedError, UnframedError
from wschat_tools.conformance.frames import (
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    chat_text,
    client_frame,
    close_frame,
)
from wschat_tools.conformance.handshake import Handshake
from wschat_tools.conformance.heard import Heard, read
from wschat_tools.conformance.wire import LONGEST_MESSAGE, Wire, open_wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wschat_tools.load import Address

NO_CODE: Final = 1005


class Connection:
    """One connection to a room.

    Attributes:
        id: what the server called it, once its own connect is heard.
        first: its own connect.
        fragmented: whether `send_text` cuts messages in two frames.
        pongs: the payloads of the pongs that came.
        wire: the bytes below.
        headers: what the server answered to the handshake, names in lower case.
        closing: whether a close frame of ours is out.
        early: what came before its own connect.
        times: how often each connect and each chat has come, by sender and contents.

    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.id = ""
        self.first: Heard | None = None
        self.fragmented = False
        self.pongs: list[bytes] = []
        self.headers: dict[str, str] = {}
        self.closing = False
        self.early: list[Heard] = []
        self.times: Counter[tuple[str, str]] = Counter()
        self._error = ""
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
        """Return the next message; pings and a close frame are answered on the way.

        Raises:
            ClosedError: there is none, the connection ended.
            SilentError: none came in time.
            UnframedError: it is no message.

        """
        while True:
            try:
                opcode, payload = await self.read_message()
            except ClosedError:
                raise ClosedError(None, self._error) from None
            if opcode == TEXT:
                return self._noted(read(payload))
            if opcode == PING:
                self.send_frame(payload, PONG)
            elif opcode == PONG:
                self.pongs.append(payload)
            elif opcode == CLOSE:
                code = self._answer_close(payload)
                reason = self._error or payload[2:].decode("utf-8", "replace")
                raise ClosedError(code, reason)
            else:
                raise UnframedError(f"a binary message of {len(payload)} bytes")

    def _noted(self, message: Heard) -> Heard:
        if message.action in {"connect", "chat"}:
            self.times[message.sender, message.contents] += 1
        elif message.action == "error":
            self._error = message.contents
        return message

    def is_repeat(self, message: Heard) -> bool:
        """Whether a connect or a chat, as the last that came, had come before."""
        return self.times[message.sender, message.contents] > 1 and not message.is_leave

    def _answer_close(self, payload: bytes) -> int:
        """Return the code of a close frame, answered as RFC 6455 section 5.5.1 wants."""
        if len(payload) == 1:
            raise UnframedError("a close frame with half a code")
        if not self.closing:
            self.send_frame(payload[:2], CLOSE)
        return struct.unpack("!H", payload[:2])[0] if payload else NO_CODE

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
        self.closing |= opcode == CLOSE
        self.send_raw(client_frame(payload, opcode, fin=fin))

    def send_raw(self, data: bytes) -> None:
        """Send bytes, all in one write."""
        self.wire.write(data)

    def send_close(self, code: int = 1000) -> None:
        """Send a close frame."""
        self.closing = True
        self.send_raw(close_frame(code))

    def send_fin(self) -> None:
        """End our side of the TCP connection, without a close frame."""
        self.wire.write_eof()

    def reset(self) -> None:
        """Reset the TCP connection."""
        self.wire.reset()

    async def aclose(self) -> None:
        """End the connection, without a close frame and without waiting for the server."""
        await self.wire.aclose()
