"""WebSocket text frames (RFC 6455 section 5.2): around a server's bytes, and out of a client's.

Imports no Django and no asyncio. Only whole, final, masked text frames of less than 64 KiB are read
here; whatever else a client may send is left to the server's own parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from websockets.speedups import apply_mask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# The first bytes of final frames, by opcode (RFC 6455 section 5.2).
TEXT: Final = 0x81
BINARY: Final = 0x82
CLOSE: Final = 0x88
PING: Final = 0x89
PONG: Final = 0x8A
# What stands for a close frame without a code (RFC 6455 section 7.4.1).
NO_STATUS: Final = 1005
# A close code that wsproto does not know: it was registered after its table was written.
BAD_GATEWAY: Final = 1014
# Bytes of a close frame's reason at most: a control frame has 125, the code takes two.
_REASON_BYTES: Final = 123

_MASKED: Final = 0x80
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """Put a payload into one final, unmasked frame; `first` is its first byte."""
    length = len(payload)
    if length < _LENGTH_16:
        return bytes((first, length)) + payload
    if length < 1 << 16:
        return bytes((first, _LENGTH_16, length >> 8, length & 0xFF)) + payload
    return bytes((first, _LENGTH_64)) + length.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; it is empty if the code is 1005 (RFC 6455 section 5.5.1)."""
    if code == NO_STATUS:
        return frame(b"", CLOSE)
    shown = reason.encode()[:_REASON_BYTES].decode(errors="ignore").encode()
    return frame(code.to_bytes(2, "big") + shown, CLOSE)


def payloads(frames: bytes) -> Iterator[bytes]:
    """Yield the payload of each of the frames that `frame` made, in order."""
    position = 0
    while position < len(frames):
        length = frames[position + 1]
        position += 2
        if length == _LENGTH_16:
            length = int.from_bytes(frames[position : position + 2], "big")
            position += 2
        elif length == _LENGTH_64:
            length = int.from_bytes(frames[position : position + 8], "big")
            position += 8
        yield frames[position : position + length]
        position += length


def end_of_first(frames: bytes, start: int) -> int:
    """Return where the frame that begins at `start` ends, one of those that `frame` made."""
    length = frames[start + 1]
    if length < _LENGTH_16:
        return start + 2 + length
    if length == _LENGTH_16:
        return start + 4 + int.from_bytes(frames[start + 2 : start + 4], "big")
    return start + 10 + int.from_bytes(frames[start + 2 : start + 10], "big")


def count_from(frames: bytes, starts: Collection[int]) -> int:
    """Return how many frames stand from each of `starts` on, all added up.

    Each of them is where one of the frames that `frame` made begins.
    """
    total = open_ = 0
    position = min(starts, default=len(frames))
    while position < len(frames):
        open_ += position in starts
        total += open_
        position = end_of_first(frames, position)
    return total


def whole_frames(frames: bytes, most: int) -> int:
    """Return how many bytes of the frames that `frame` made to hand out at once.

    It is as many whole frames as fit in `most` bytes, but one at least.
    """
    taken = end_of_first(frames, 0)
    while taken < len(frames):
        end = end_of_first(frames, taken)
        if end > most:
            break
        taken = end
    return taken


def take_texts(data: bytes) -> tuple[list[bytes], int, bool]:
    """Read the whole text frames that `data`, received from a client, begins with.

    Returns:
        the payloads, unmasked but not yet checked to be UTF-8; the number of bytes they took; and
        whether the rest is the beginning of one more such frame (an empty rest is).

    """
    texts: list[bytes] = []
    position = 0
    available = len(data)
    while available - position >= 2:
        length = data[position + 1] ^ _MASKED
        if data[position] != TEXT or length >= _LENGTH_64:
            return texts, position, False
        start = position + 6
        if length == _LENGTH_16:
            start = position + 8
            if available < start:
                break
            length = data[position + 2] << 8 | data[position + 3]
            if length < _LENGTH_16:
                return texts, position, False
        end = start + length
        if available < end:
            break
        texts.append(apply_mask(data[start:end], data[start - 4 : start]))
        position = end
    return texts, position, position == available or data[position] == TEXT


def frame_size(data: bytes) -> int:
    """Return how long the frame is that a client's `data` begins with, 0 if not enough is there."""
    if len(data) < 2:
        return 0
    header, length = header_size(data), data[1] & 0x7F
    if length < _LENGTH_16:
        return header + length
    extended = 2 if length == _LENGTH_16 else 8
    if len(data) < 2 + extended:
        return 0
    return header + int.from_bytes(data[2 : 2 + extended], "big")


def header_size(data: bytes) -> int:
    """Return how long the header is of the frame that a client's `data` begins with."""
    length = data[1] & 0x7F
    extended = 0 if length < _LENGTH_16 else 2 if length == _LENGTH_16 else 8
    return 2 + extended + (4 if data[1] & _MASKED else 0)


def bad_gateway_reason(data: bytes) -> bytes | None:
    """Return the reason in a client's whole close frame with the code 1014; None for any other."""
    if data[0] != CLOSE or data[1] <= _MASKED or len(data) != frame_size(data):
        return None
    payload = apply_mask(data[6:], data[2:6])
    return payload[2:] if int.from_bytes(payload[:2], "big") == BAD_GATEWAY else None
