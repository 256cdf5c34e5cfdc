"""Frames as a client may send them (RFC 6455 section 5.2), and as it may not."""

from __future__ import annotations

import json
import struct
from typing import Final

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
MASK: Final = b"\x12\x34\x56\x78"


def client_frame(  # noqa: PLR0913 - each is a part of the header
    payload: bytes,
    opcode: int = TEXT,
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    mask: bytes = MASK,
) -> bytes:
    """Return one frame, by default a whole masked text frame as it should be."""
    first = (fin << 7) | (reserved << 4) | opcode
    bit = masked << 7
    if len(payload) < 126:
        head = bytes((first, bit | len(payload)))
    elif len(payload) < 1 << 16:
        head = struct.pack("!BBH", first, bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, bit | 127, len(payload))
    if not masked:
        return head + payload
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return head + mask + number.to_bytes(len(payload), "big")


def close_frame(code: int = 1000, reason: bytes = b"") -> bytes:
    """Return a close frame with a code."""
    return client_frame(struct.pack("!H", code) + reason, CLOSE)


def chat_text(contents: str) -> bytes:
    """Return the message that says `contents` in the fullest form, which every server takes."""
    fields = {"sender": "", "action": "chat", "contents": contents, "timestamp": 0}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def chat_frame(contents: str) -> bytes:
    """Return a whole frame that says `contents`."""
    return client_frame(chat_text(contents))
