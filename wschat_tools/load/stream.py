"""One stream of frames from a server: the bytes, and what was found in them and where."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

from chat.load.errors import ChatError
from chat.load.words import read_contents, read_words

if TYPE_CHECKING:
    from chat.load.speakers import Speakers

KNOWN_FRAMES = 4096
_CONTROL = 0x08
_RESERVED = 0x70
_NOBODY: deque[int] = deque(maxlen=0)


class Stream:
    """Bytes counted from the moment the first member joined; `base` of them have been forgotten.

    All offsets are absolute. A chat or a notice counts for a member once its last byte is before
    the member's offset, so counts for any member at any time follow from offsets alone.

    A sender that says the same again within a second gets the same frame again, so a frame that
    has been filed once as a good chat is `known` and not parsed twice.
    """

    __slots__ = (
        "_round", "base", "chat_ends", "chats_forgotten", "data", "echoes", "errors", "fresh",
        "garbled", "joined", "known", "left", "next", "notice_ends", "speakers", "stamps",
    )  # fmt: skip

    def __init__(self, speakers: Speakers, base: int = 0, chats: int = 0) -> None:
        self.speakers = speakers
        self._round = speakers.round
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
        self.known: dict[bytes, deque[int]] = {}
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

    def leave(self, uuid: bytes) -> None:
        """File the chats of `uuid` no longer as somebody's own."""
        self.echoes.pop(uuid, None)
        self.known.clear()

    def _walk(self) -> int:
        """File every complete frame; returns how many bytes a control frame leaves untaken."""
        data, base, size = self.data, self.base, len(self.data)
        at, cut = self.next - base, 0
        if self._round != self.speakers.round or len(self.known) > KNOWN_FRAMES:
            self._round = self.speakers.round
            self.known.clear()
        while at < size:
            if data[at] & _CONTROL:
                cut = size - at
                break
            body, end = self._extent(at, size)
            if end > size:
                break
            frame = bytes(data[at:end])
            own = self.known.get(frame)
            if own is None:
                self._file(frame, base + at, body - at)
            else:
                self.chat_ends.append(base + end)
                self.stamps.append(0)
                own.append(base + end)
            at = end
        self.next = base + at
        return cut

    def _extent(self, at: int, size: int) -> tuple[int, int]:
        """Where the payload of the frame at `at` starts and ends; behind `size` if unknown yet."""
        data = self.data
        if size - at < 4:
            return size, size + 1
        length = data[at + 1]
        if length > 127 or data[at] & _RESERVED:
            raise ChatError(f"got a frame that starts {bytes(data[at : at + 2])!r}, not a server's")
        if length < 126:
            return at + 2, at + 2 + length
        if length == 126:
            return at + 4, at + 4 + (data[at + 2] << 8 | data[at + 3])
        if size - at < 10:
            return size, size + 1
        return at + 10, at + 10 + int.from_bytes(data[at + 2 : at + 10], "big")

    def _file(self, frame: bytes, place: int, body: int) -> None:
        """File the frame that starts at `place`, its payload at `body` bytes into it."""
        words = read_words(frame, body)
        if words is not None and words.action == b"chat":
            self._file_chat(words.sender, frame, place)
            return
        self.notice_ends.append(place + len(frame))
        if words is None:
            self.garbled += 1
            return
        contents = read_contents(frame, body)
        if words.action == b"connect":
            self.joined[contents] = place
            self.fresh.append(contents)
        elif words.action == b"disconnect":
            self.left.add(contents)
        else:
            self.errors.append(contents.decode("utf-8", "replace"))

    def _file_chat(self, sender: bytes, frame: bytes, place: int) -> None:
        end = place + len(frame)
        expected = self.speakers.contents.get(sender)
        found = frame.find(expected) if expected is not None else -1
        if expected is None or found < 0:
            self.notice_ends.append(end)
            self.garbled += expected is not None
            return
        own = self.echoes.get(sender, _NOBODY)
        own.append(end)
        self.chat_ends.append(end)
        if self.speakers.stamped:
            self.stamps.append(self.speakers.stamp(frame, found + len(expected)))
        else:
            self.stamps.append(0)
            self.known[frame] = own
