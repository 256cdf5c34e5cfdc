"""A member's frames, out of the bytes that its socket received (RFC 6455 section 5)."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol

from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

from chat.protocol.frames import BAD_GATEWAY, PONG, frame_size, is_bad_gateway, take_texts
from chat.protocol.messages import TOO_BIG
from chat.protocol.rate_limit import spend

if TYPE_CHECKING:
    from wsproto.frame_protocol import Frame

# No message from a client is assembled past this size, however long a chat may be.
MOST_ASSEMBLED: Final = 1024 * 1024
# The longest header of a client's frame.
HEADER_BYTES: Final = 14
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
_MASKED_EMPTY: Final = 0x80


class FrameHandler(Protocol):
    """What a reader calls, frame by frame: the member's socket."""

    def receive_message(self, text: str | bytes | None) -> None:
        """Take a message; None if it was binary. Bytes are not checked to be UTF-8."""

    def receive_ping(self, payload: bytes) -> None:
        """Take a ping."""

    def receive_close(self, code: int) -> None:
        """Take a close frame; 1005 if it has no code. It is the last frame."""

    def receive_violation(self, code: int, reason: str) -> None:
        """Take note of a violation of RFC 6455 or of our bounds; the close code says which."""

    def pause_for(self, seconds: float) -> None:
        """Receive nothing for so long, then call the reader's `resume`."""


class FrameReader:
    """Reads frames and hands them to its handler.

    Whole, small text frames, nearly all that members send, are read in place. Every other frame
    goes through wsproto's parser, as fast as a rate limit allows: it checks lengths, reserved bits,
    opcodes and, piece by piece, UTF-8. While it holds a part of a message all that follows goes
    through it, too, so nothing overtakes. An idle reader keeps no parser.

    `is_pausing` while a frame waits for the rate limit; `is_done` after a close or a violation:
    whatever follows is dropped.
    """

    __slots__ = (
        "_frames",
        "_free_at",
        "_handler",
        "_owed",
        "_parser",
        "_parts",
        "_rest",
        "_size",
        "is_done",
        "is_pausing",
    )

    def __init__(self, handler: FrameHandler) -> None:
        self.is_done = False
        self.is_pausing = False
        self._handler = handler
        self._rest = b""
        self._free_at = 0.0
        self._owed = 0  # bytes to come of a frame that the rate limit let through
        self._parser: FrameProtocol | None = None
        self._frames = 0  # of the message under way
        self._parts: list[str] | None = None  # of the message under way
        self._size = 0

    def take(self, data: bytes) -> bool:
        """Take what was received; return whether it was whole small texts and nothing else."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        while data and not self.is_done:
            if self._parser is None and not self._owed:
                texts, used, rest_may_be_text = take_texts(data)
                for text in texts:
                    self._handler.receive_message(text)
                if used == len(data):
                    return True
                data = data[used:]
                if rest_may_be_text:
                    self._rest = data
                    return False
            if not self._owed and not self._may_parse(data):
                self._rest = data
                return False
            piece, data = data[: self._owed], data[self._owed :]
            self._owed -= len(piece)
            self._parse(piece)
        return False

    def resume(self) -> None:
        """Go on with the frame that waited for the rate limit."""
        self.is_pausing = False
        self.take(b"")

    def _may_parse(self, data: bytes) -> bool:
        """Return whether to parse the frame that `data` begins with: enough is there, and in time.

        Control frames are parsed whole: they are short.
        """
        size = frame_size(data)
        is_control = data[0] & _OPCODE >= _CONTROL
        if self.is_pausing or not size or (is_control and len(data) < size < MOST_ASSEMBLED):
            return False
        slack = (FRAMES_AT_ONCE - 1) / FRAMES_PER_SECOND
        self._free_at, wait = spend(self._free_at, monotonic(), 1 / FRAMES_PER_SECOND, slack)
        if wait:
            self.is_pausing = True
            self._handler.pause_for(max(wait, LEAST_PAUSE))
            return False
        self._frames += not is_control
        if size > MOST_ASSEMBLED + HEADER_BYTES:
            self._parse(data[:HEADER_BYTES])  # a bad header is the worse fault
            self._violate_size()
            return False
        self._owed = size
        return True

    def _parse(self, piece: bytes) -> None:
        """Parse a whole frame, or the beginning or a further piece of a long one."""
        if self._parser is None:
            if piece[0] == PONG and piece[1] >= _MASKED_EMPTY:
                return  # a whole pong, the only frame that idle members send
            self._parser = FrameProtocol(client=False, extensions=[])
        self._parser.receive_bytes(piece)
        try:
            for frame in self._parser.received_frames():
                self._handle(frame)
        except ParseFailed as failed:
            self._fail(piece, failed)
        if self._size + self._owed > MOST_ASSEMBLED:
            self._violate_size()
        elif self._frames > MOST_FRAMES:
            self._violate(TOO_BIG.code, f"got a message in more than {MOST_FRAMES} frames")
        elif not (self._owed or self._frames):
            self._parser = None

    def _handle(self, frame: Frame) -> None:
        payload: Any = frame.payload
        if frame.opcode is Opcode.PING:
            self._handler.receive_ping(payload)
        elif frame.opcode is Opcode.CLOSE:
            self._close(int(payload[0]))
        elif frame.opcode is Opcode.TEXT:
            self._assemble(payload, is_whole=frame.message_finished)
        elif frame.opcode is Opcode.BINARY:
            self._handler.receive_message(None)
            self._frames = 0 if frame.message_finished else self._frames

    def _assemble(self, text: str, *, is_whole: bool) -> None:
        parts = self._parts = self._parts or []
        parts.append(text)
        self._size += len(text)
        if is_whole:
            self._parts, self._size, self._frames = None, 0, 0
            self._handler.receive_message("".join(parts))

    def _fail(self, piece: bytes, failed: ParseFailed) -> None:
        if is_bad_gateway(piece):
            self._close(BAD_GATEWAY)
        else:
            self._violate(int(failed.code), str(failed))

    def _close(self, code: int) -> None:
        if not self.is_done:
            self.is_done = True
            self._handler.receive_close(code)

    def _violate_size(self) -> None:
        self._violate(TOO_BIG.code, f"got a message of more than {MOST_ASSEMBLED} bytes")

    def _violate(self, code: int, reason: str) -> None:
        if not self.is_done:
            self.is_done = True
            self._handler.receive_violation(code, reason)
