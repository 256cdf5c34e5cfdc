"""What our members say: contents that tell who said it and which of its chats it is."""

from __future__ import annotations

import json
import os
import time
from array import array
from typing import Final

from wschat_tools.load.frames import FIN, MASKED, TEXT

TAG_DIGITS: Final = 8
NUMBER_DIGITS: Final = 8
SMALLEST: Final = TAG_DIGITS + NUMBER_DIGITS
# One of every kind that servers are known to change: cases, two to four bytes, an accent apart,
# quotes and markup, right-to-left, a line separator, a control character, spaces.
UNICODE: Final = "Aß é€😀e\u0301\"\\/<&>'שٱ\u2028\x01\t z"
# All four bytes of the mask are the same, so that a number is masked wherever it stands.
_KEY: Final = os.urandom(1)[0]
_MASKING: Final = bytes(byte ^ _KEY for byte in range(256))


class Speaker:
    """One member that chats: what it says, and how much of that it has said.

    `due` holds the nanosecond at which each chat was due, where that is measured.
    """

    __slots__ = ("after", "before", "contents", "due", "index", "sent", "uuid")

    def __init__(self, index: int, tag: str, uuid: bytes, size: int, sample: str) -> None:
        self.index = index
        self.uuid = uuid
        self.sent = 0
        self.due: array[int] = array("q")
        rest = _fitted(sample, size - SMALLEST)
        self.contents = (tag, rest)
        before = f'{{"sender":"","action":"chat","contents":"{self.contents[0]}'.encode()
        after = json.dumps(rest, ensure_ascii=False)[1:].encode() + b',"timestamp":0}'
        head = _head(len(before) + NUMBER_DIGITS + len(after))
        self.before = head + before.translate(_MASKING)
        self.after = after.translate(_MASKING)

    def frames(self, count: int) -> bytes:
        """Return the frames of the next `count` chats, each with its number."""
        before, after, first = self.before, self.after, self.sent
        self.sent = first + count
        if count == 1:
            return before + (b"%08d" % first).translate(_MASKING) + after
        numbers = (b"%08d" % number for number in range(first, first + count))
        return b"".join([before + digits.translate(_MASKING) + after for digits in numbers])

    def text(self, number: int) -> str:
        """Return the contents of the chat of that number."""
        tag, rest = self.contents
        return f"{tag}{number:0{NUMBER_DIGITS}d}{rest}"


class Speakers:
    """Everybody who has chatted; those before `first` are of an earlier round.

    What they say begins with a number that other tools in the same room are not likely to have.
    """

    def __init__(self) -> None:
        self.all: list[Speaker] = []
        self.uuids: dict[bytes, Speaker] = {}
        self.first = 0
        self._base = int.from_bytes(os.urandom(4)) % 10**TAG_DIGITS

    def add(self, uuid: bytes, size: int, sample: str = "") -> Speaker:
        """Let `uuid` say chats of `size` bytes, of `sample` and dots."""
        index = len(self.all)
        tag = f"{(self._base + index) % 10**TAG_DIGITS:0{TAG_DIGITS}d}"
        speaker = Speaker(index, tag, uuid, size, sample)
        self.all.append(speaker)
        self.uuids[uuid] = speaker
        return speaker

    def clear(self) -> None:
        """Nobody speaks any more; what was said until now is told from what comes later."""
        self.first = len(self.all)
        self.uuids.clear()

    def find(self, text: str) -> Speaker | None:
        """Return who says contents that begin like this."""
        tag = text[:TAG_DIGITS]
        if not (tag.isascii() and tag.isdigit()):
            return None
        index = (int(tag) - self._base) % 10**TAG_DIGITS
        return self.all[index] if self.first <= index < len(self.all) else None


def now_ns() -> int:
    """Read the clock of all stamps."""
    return time.monotonic_ns()


def _fitted(sample: str, size: int) -> str:
    """Return as much of a text as fits in `size` bytes, dots behind it, and a space at the end.

    Some servers trim what they hear.
    """
    kept = sample.encode()[: max(0, size - 1)].decode(errors="ignore")
    dots = "." * (size - len(kept.encode()))
    return kept + (dots[:-1] + " " if sample and dots else dots)


def _head(size: int) -> bytes:
    first = bytes((FIN | TEXT,))
    mask = bytes((_KEY,)) * 4
    if size < 126:
        return first + bytes((MASKED | size,)) + mask
    if size < 1 << 16:
        return first + bytes((MASKED | 126,)) + size.to_bytes(2, "big") + mask
    return first + bytes((MASKED | 127,)) + size.to_bytes(8, "big") + mask
