"""What our members say: contents that tell who said it, and when where that is measured."""

import json
import time

from chat.load.frames import TEXT, masked_frame

STAMP_DIGITS = 20


class Speakers:
    """The contents that each speaking member's chats must have, by its UUID.

    A stamped chat carries the nanosecond (of the monotonic clock) at which it was due to be sent.
    """

    def __init__(self) -> None:
        self.contents: dict[bytes, bytes] = {}
        self.stamped = False
        self.round = 0

    def add(self, uuid: bytes, size: int) -> bytes:
        """Let `uuid` say the same `size` bytes again and again; returns the frame that says so."""
        tag = self._tag()
        contents = tag + b"." * (size - len(tag))
        self.contents[uuid] = b'"' + contents + b'"'
        return frame_of(contents.decode())

    def add_stamped(self, uuid: bytes) -> bytes:
        """Let `uuid` say stamped things; returns the tag that they start with."""
        self.stamped = True
        tag = self._tag()
        self.contents[uuid] = b'"' + tag
        return tag

    def clear(self) -> None:
        """Nobody speaks any more; what was said until now is told from what comes later."""
        self.round = (self.round + 1) % 1000
        self.contents.clear()
        self.stamped = False

    def stamp(self, frame: bytes, at: int) -> int:
        """Read the nanosecond that stands at `at`; 0 if nothing does."""
        digits = frame[at : at + STAMP_DIGITS]
        return int(digits) if digits.isdigit() else 0

    def _tag(self) -> bytes:
        return b"%03d%05d" % (self.round, len(self.contents))


def frame_of(contents: str) -> bytes:
    """Make the frame in which a client says `contents`."""
    payload = json.dumps({"contents": contents}, separators=(",", ":"), ensure_ascii=False)
    return masked_frame(TEXT, payload.encode())


def stamped_frame(tag: bytes, due_ns: int, size: int) -> bytes:
    """Make the frame that says `tag` and `due_ns`, `size` bytes of contents in all."""
    contents = f"{tag.decode()}{due_ns:0{STAMP_DIGITS}d}"
    return frame_of(contents.ljust(size, "."))


def now_ns() -> int:
    """Read the clock of all stamps."""
    return time.monotonic_ns()
