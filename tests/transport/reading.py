"""A frame reader without a socket, and what it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chat.transport import frame_reader
from chat.transport.frame_reader import FrameReader

if TYPE_CHECKING:
    import pytest

MESSAGE: Final = "message"
PING: Final = "ping"
CLOSE: Final = "close"
VIOLATION: Final = "violation"

MASK: Final = b"\0\0\0\0"

Call = tuple[str, str | bytes | int | None]


class Clock:
    """The time that the rate limit sees."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Have the frame reader use this clock."""
        patch.setattr(frame_reader, "monotonic", self)


class Reading:
    """A frame reader, the calls that it made in order, and the pauses that it asked for.

    Texts are kept as `str`. A reason of a violation is kept in `reasons`.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.reasons: list[str] = []
        self.pauses: list[float] = []
        self.reader = FrameReader(self)

    @property
    def messages(self) -> list[str | bytes | int | None]:
        """The messages alone."""
        return [value for kind, value in self.calls if kind == MESSAGE]

    @property
    def keeps_parser(self) -> bool:
        """Whether the reader holds a parser."""
        return self.reader._parser is not None

    def take(self, *pieces: bytes) -> bool:
        """Give the reader the pieces, as that many reads; return what it said to the last one."""
        was_small_texts = False
        for piece in pieces:
            was_small_texts = self.reader.take(piece)
        return was_small_texts

    def take_bytewise(self, data: bytes) -> None:
        """Give the reader one byte at a time."""
        for position in range(len(data)):
            self.reader.take(data[position : position + 1])

    def wait_out_pauses(self, clock: Clock) -> None:
        """Resume the reader when each pause is over, until it pauses no more."""
        while self.reader.is_rate_limited:
            clock.now += self.pauses[-1]
            self.reader.resume()

    # What the reader calls (FrameHandler)

    def receive_message(self, text: str | bytes | None) -> None:
        """Keep it."""
        shown = text.decode(errors="replace") if isinstance(text, bytes) else text
        self.calls.append((MESSAGE, shown))

    def receive_ping(self, payload: bytes) -> None:
        """Keep it."""
        self.calls.append((PING, bytes(payload)))

    def receive_close(self, code: int) -> None:
        """Keep it."""
        self.calls.append((CLOSE, code))

    def receive_violation(self, code: int, reason: str) -> None:
        """Keep it."""
        self.calls.append((VIOLATION, code))
        self.reasons.append(reason)

    def pause_for(self, seconds: float) -> None:
        """Keep it; the test resumes the reader."""
        self.pauses.append(seconds)


def header(first: int, length: int, *, bytes_of_length: int, is_masked: bool = True) -> bytes:
    """Return the beginning of a frame, whatever its length should look like."""
    bit = 0x80 if is_masked else 0
    short = {1: length, 2: 126, 8: 127}[bytes_of_length]
    extended = length.to_bytes(bytes_of_length, "big") if bytes_of_length > 1 else b""
    return bytes((first, bit | short)) + extended + (MASK if is_masked else b"")
