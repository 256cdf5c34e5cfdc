"""A member's frames, out of the bytes that its socket received (RFC 6455 section 5)."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

from chat.protocol.frames import (
    BAD_GATEWAY,
    PONG,
    bad_gateway_reason,
    frame_size,
    header_size,
    take_texts,
)
from chat.protocol.messages import BAD_MESSAGE, TOO_BIG
from chat.protocol.rate_limit import spend

if TYPE_CHECKING:
    from wsproto.frame_protocol import Frame

    from chat.transport.base import FrameHandler

# No message from a client is assembled past this size, however long a chat may be.
MOST_ASSEMBLED: Final = 1024 * 1024
# A control frame of a client is no longer (RFC 6455 section 5.5).
LONGEST_CONTROL: Final = 6 + 125
# Frames that are not a whole small text: pings, pongs, fragments, violations. Parsing one takes 10
# to 20 µs, so 30 connections that send all they may use a fiftieth of a core.
FRAMES_PER_SECOND: Final = 50.0
FRAMES_AT_ONCE: Final = 256
# Frames of one message at most: an empty one, too, takes up memory until the last has come.
MOST_FRAMES: Final = FRAMES_AT_ONCE
# Least seconds of a pause, so that a flood wakes the loop a few times a second, not once a frame.
LEAST_PAUSE: Final = 0.1

_OPCODE: Final = 0x0F
_CONTROL: Final = 8
_MASKED: Final = 0x80


class FrameReader:
    """Reads frames and hands them to its handler.

    Whole, small text frames, nearly all that members send, are read in place. Every other frame
    goes through wsproto's parser, as fast as a rate limit allows: it checks lengths, reserved bits,
    opcodes and, piece by piece, UTF-8. While it holds a part of a message all that follows goes
    through it, too, so nothing overtakes. An idle reader keeps no parser.

    `is_rate_limited` while a frame waits for the rate limit. `is_done` after a close or a
    violation: the reader drops all that follows.
    """

    __slots__ = (
        *("_frames", "_free_at", "_handler", "_is_control", "_parser", "_parts", "_rest", "_size"),
        *("_to_come", "is_done", "is_rate_limited"),
    )

    def __init__(self, handler: FrameHandler) -> None:
        self.is_done = False
        self.is_rate_limited = False
        self._handler = handler
        self._rest = b""
        self._free_at = 0.0
        self._is_control = False  # the frame under way
        self._to_come = 0  # bytes to come of a frame that the rate limit let through
        self._parser: FrameProtocol | None = None
        self._frames = 0  # of the message under way
        self._parts: list[str] | None = None  # of the message under way
        self._size = 0  # of the message under way, in bytes, as its frames announced it

    def take(self, data: bytes) -> bool:
        """Take what was received; return whether it was whole small texts and nothing else."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        while data and not self.is_done:
            if self._parser is None and not self._to_come:
                texts, used, rest_may_be_text = take_texts(data)
                for text in texts:
                    self._handler.receive_message(text)
                if used == len(data):
                    return True
                data = data[used:]
                if rest_may_be_text:
                    self._rest = data
                    return False
            if not self._to_come and not self._begin_frame(data):
                self._rest = data
                return False
            piece, data = data[: self._to_come], data[self._to_come :]
            self._to_come -= len(piece)
            self._parse(piece)
        return False

    def resume(self) -> None:
        """Go on with the frame that waited for the rate limit."""
        self.is_rate_limited = False
        self.take(b"")

    def _begin_frame(self, data: bytes) -> bool:
        """Start the frame that `data` begins with, if it may be parsed now.

        Its header has to be there, or, as they are short, the whole of a control frame, and the
        rate limit has to allow it.
        """
        size = frame_size(data)
        self._is_control = data[0] & _OPCODE >= _CONTROL
        is_short = self._is_control and len(data) < size <= LONGEST_CONTROL
        if self.is_rate_limited or not size or is_short:
            return False
        slack = (FRAMES_AT_ONCE - 1) / FRAMES_PER_SECOND
        self._free_at, wait = spend(self._free_at, monotonic(), 1 / FRAMES_PER_SECOND, slack)
        if wait:
            self.is_rate_limited = True
            self._handler.pause_for(max(wait, LEAST_PAUSE))
            return False
        if not self._is_control:
            self._frames += 1
            self._size += size - header_size(data)
        if self._size > MOST_ASSEMBLED or self._frames > MOST_FRAMES:
            self._refuse_message(data[: header_size(data)])
            return False
        self._to_come = size
        return True

    def _refuse_message(self, header: bytes) -> None:
        """Report a message that is too long, unless the header of its last frame is invalid."""
        try:
            self._parse_frames(header)
        except ParseFailed as failed:
            self._violate(int(failed.code), str(failed))
        most = f"{MOST_FRAMES} frames"
        if self._size > MOST_ASSEMBLED:
            most = f"{MOST_ASSEMBLED} bytes"
        self._violate(TOO_BIG.code, f"got a message of more than {most}")

    def _parse(self, piece: bytes) -> None:
        """Parse a whole frame, or the beginning or a further piece of a long one."""
        if self._parser is None and piece[0] == PONG and _MASKED <= piece[1] < _MASKED + 126:
            return  # a whole pong, the only frame that idle members send
        try:
            for frame in self._parse_frames(piece):
                self._handle(frame)
        except ParseFailed as failed:
            self._fail(piece, failed)
        if not (self._to_come or self._frames):
            self._parser = None

    def _parse_frames(self, piece: bytes) -> list[Frame]:
        if self._parser is None:
            self._parser = FrameProtocol(client=False, extensions=[])
        self._parser.receive_bytes(piece)
        return list(self._parser.received_frames())

    def _handle(self, frame: Frame) -> None:
        payload: Any = frame.payload
        if frame.opcode is Opcode.PING:
            self._handler.receive_ping(payload)
        elif frame.opcode is Opcode.CLOSE:
            self._close(int(payload[0]))
        elif not frame.opcode.iscontrol():
            self._assemble(payload, is_whole=frame.message_finished)

    def _assemble(self, payload: str | bytes, *, is_whole: bool) -> None:
        """Keep a piece of a text; report a binary message with its first piece."""
        is_first = self._parts is None
        parts = self._parts = self._parts or []
        if isinstance(payload, str):
            parts.append(payload)
        elif is_first:
            self._handler.receive_message(None)
        if is_whole:
            self._parts, self._size, self._frames = None, 0, 0
            if isinstance(payload, str):
                self._handler.receive_message("".join(parts))

    def _fail(self, piece: bytes, failed: ParseFailed) -> None:
        reason = bad_gateway_reason(piece) if self._is_control else None
        try:
            if reason is not None:
                reason.decode()
                self._close(BAD_GATEWAY)
        except UnicodeDecodeError as error:
            self._violate(BAD_MESSAGE.code, str(error))
        self._violate(int(failed.code), str(failed))

    def _close(self, code: int) -> None:
        if not self.is_done:
            self.is_done = True
            self._handler.receive_close(code)

    def _violate(self, code: int, reason: str) -> None:
        if not self.is_done:
            self.is_done = True
            self._handler.receive_violation(code, reason)
