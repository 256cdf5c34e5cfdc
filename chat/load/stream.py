"""One stream of frames from a server: the bytes, and what was found in them and where."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from chat.load.errors import ChatError
from chat.load.frames import FIN
from chat.load.words import read_contents, read_words

if TYPE_CHECKING:
    from collections import deque

    from chat.load.speakers import Speakers

_CONTROL = 0x08
_RESERVED_OR_MASKED = 0x70


class Stream:
    """Bytes counted from the moment the first member joined; `base` of them have been forgotten.

    All offsets are absolute. A chat or a notice counts for a member once its last byte is before
    the member's offset, so counts for any member at any time follow from offsets alone.
    """

    __slots__ = (
        "base", "chat_ends", "chats_forgotten", "data", "echoes", "errors", "fresh", "garbled",
        "joined", "left", "next", "notice_ends", "speakers", "stamps",
    )  # fmt: skip

    def __init__(self, speakers: Speakers, base: int = 0, chats: int = 0) -> None:
        self.speakers = speakers
        self.base = base
        self.next = base
        self.data = bytearray()
        self.chats_forgotten = chats
        self.chat_ends: array[int] = array("Q")
        self.stamps: array[int] = array("Q")
        self.notice_ends: array[int] = array("Q")
        self.echoes: dict[bytes, deque[int]] = {}
        self.joined: dict[bytes, int] = {}
        self.left: set[bytes] = set()
        self.fresh: list[bytes] = []
        self.garbled = 0
        self.errors: list[str] = []

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.base + len(self.data)

    def chats_before(self, offset: int) -> int:
        """How many chats of our own speakers are complete before `offset`."""
        return self.chats_forgotten + bisect_right(self.chat_ends, offset)

    def begins_frame(self, offset: int) -> bool:
        """Whether a frame starts (or may start next) at `offset`."""
        return self.last_boundary(offset) == offset

    def last_boundary(self, offset: int) -> int:
        """Find the last place at or before `offset` where a frame starts."""
        if offset >= self.next:
            return self.next
        chat = bisect_right(self.chat_ends, offset)
        notice = bisect_right(self.notice_ends, offset)
        return max(
            self.base,
            self.chat_ends[chat - 1] if chat else 0,
            self.notice_ends[notice - 1] if notice else 0,
        )

    def common(self, offset: int, chunk: memoryview) -> int:
        """How many bytes of `chunk` are what stands at `offset`."""
        at = offset - self.base
        low, high = 0, min(len(chunk), self.end - offset)
        if self.data.startswith(chunk[:high], at):
            return high
        while high - low > 1:
            middle = (low + high) // 2
            if self.data.startswith(chunk[:middle], at):
                low = middle
            else:
                high = middle
        return low

    def extend(self, chunk: memoryview) -> int:
        """Append `chunk` up to the first control frame in it; returns how much was appended.

        Raises:
            ChatError: if these are no frames that a server may send.

        """
        self.data += chunk
        cut = self._walk()
        if not cut:
            return len(chunk)
        del self.data[-cut:]
        return len(chunk) - cut

    def forget(self, offset: int) -> None:
        """Drop what is complete before `offset`: bytes, and the places of chats and notices."""
        until = self.last_boundary(offset)
        chats = bisect_right(self.chat_ends, until)
        self.chats_forgotten += chats
        del self.chat_ends[:chats], self.stamps[:chats]
        del self.notice_ends[: bisect_right(self.notice_ends, until)]
        del self.data[: until - self.base]
        self.base = until

    def _walk(self) -> int:
        """File every complete frame; returns how many bytes a control frame leaves untaken."""
        data, at, size = self.data, self.next - self.base, len(self.data)
        cut = 0
        while at < size:
            if data[at] & _CONTROL:
                cut = size - at
                break
            body, end = self._extent(at, size)
            if end > size:
                break
            self._file(at, body, end)
            at = end
        self.next = self.base + at
        return cut

    def _extent(self, at: int, size: int) -> tuple[int, int]:
        """Where the payload of the frame at `at` starts and ends; behind `size` if unknown yet."""
        data = self.data
        if size - at < 2:
            return size, size + 1
        length = data[at + 1]
        if data[at] & _RESERVED_OR_MASKED or length & FIN:
            raise ChatError(f"got a frame that starts {bytes(data[at : at + 2])!r}, not a server's")
        body = at + (2 if length < 126 else 4 if length == 126 else 10)
        if size < body:
            return size, size + 1
        if length >= 126:
            length = int.from_bytes(data[at + 2 : body], "big")
        return body, body + length

    def _file(self, at: int, start: int, end: int) -> None:
        words = read_words(self.data, start, end)
        if words is not None and words.action == b"chat":
            self._file_chat(words.sender, start, end)
            return
        self.notice_ends.append(self.base + end)
        if words is None:
            self.garbled += 1
            return
        contents = read_contents(self.data, start, end)
        if words.action == b"connect":
            self.joined[contents] = self.base + at
            self.fresh.append(contents)
        elif words.action == b"disconnect":
            self.left.add(contents)
        else:
            self.errors.append(contents.decode("utf-8", "replace"))

    def _file_chat(self, sender: bytes, start: int, end: int) -> None:
        absolute = self.base + end
        expected = self.speakers.contents.get(sender)
        if expected is None:
            self.notice_ends.append(absolute)
            return
        found = self.data.find(expected, start, end)
        if found < 0:
            self.notice_ends.append(absolute)
            self.garbled += 1
            return
        self.chat_ends.append(absolute)
        self.stamps.append(self.speakers.stamp(self.data, found + len(expected)))
        own = self.echoes.get(sender)
        if own is not None:
            own.append(absolute)
