"""WebSocket frames as a client makes and meets them (RFC 6455, section 5)."""

import os
import struct
from dataclasses import dataclass

from wschat_tools.load.errors import ChatError

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FIN = 0x80
RESERVED = 0x70
MASKED = 0x80


def masked_frame(opcode: int, payload: bytes) -> bytes:
    """Make a final frame with a random mask, ready to be sent as often as one likes."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", FIN | opcode, MASKED | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", FIN | opcode, MASKED | 126, size)
    else:
        head = struct.pack("!BBQ", FIN | opcode, MASKED | 127, size)
    mask = os.urandom(4)
    return head + mask + _masked(payload, mask)


def common_length(data: bytearray, at: int, chunk: memoryview) -> int:
    """How many bytes of `chunk` are what stands at `data[at]`."""
    low, high = 0, min(len(chunk), len(data) - at)
    if data.startswith(chunk[:high], at):
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if data.startswith(chunk[:middle], at):
            low = middle
        else:
            high = middle
    return low


def _masked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    mixed = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return mixed.to_bytes(size, "little")


@dataclass(frozen=True, slots=True)
class Control:
    """A control frame from a server: its opcode, its payload, and its size on the wire in bytes."""

    opcode: int
    payload: bytes
    size: int

    @property
    def close_reason(self) -> str:
        """What a close frame says: its code, and its reason if there is one."""
        if len(self.payload) < 2:
            return "closed without a code"
        code = int.from_bytes(self.payload[:2], "big")
        reason = self.payload[2:].decode("utf-8", "replace")
        return f"closed with {code} {reason}".rstrip()


def read_control(data: bytes) -> Control | None:
    """Return the control frame that `data` starts with, or None while it is incomplete."""
    if len(data) < 2 or len(data) < 2 + (data[1] & 0x7F):
        return None
    size = 2 + (data[1] & 0x7F)
    return Control(data[0] & 0x0F, data[2:size], size)


def extent(data: bytearray, at: int) -> tuple[int, int]:
    """Where the payload of the frame at `at` starts and ends; behind the data if unknown yet.

    Raises:
        ChatError: it is no frame that a server may send.

    """
    size = len(data)
    if size - at < 4:
        return size, size + 1
    length = data[at + 1]
    if length > 127 or data[at] & RESERVED:
        raise ChatError(f"got a frame that starts {bytes(data[at : at + 2])!r}, not a server's")
    if length < 126:
        return at + 2, at + 2 + length
    if length == 126:
        return at + 4, at + 4 + (data[at + 2] << 8 | data[at + 3])
    if size - at < 10:
        return size, size + 1
    return at + 10, at + 10 + int.from_bytes(data[at + 2 : at + 10], "big")


GOODBYE = masked_frame(CLOSE, b"\x03\xe8")
