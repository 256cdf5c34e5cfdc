"""One stream of frames from a server: the bytes, and what was found in them and where."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

from wschat_tools.load.frames import common_length, extent
from wschat_tools.load.order import Order
from wschat_tools.load.places import Counts, Places
from wschat_tools.load.recognition import Recognition
from wschat_tools.load.speakers import NUMBER_DIGITS
from wschat_tools.load.words import read_contents, read_words

if TYPE_CHECKING:
    from wschat_tools.load.speakers import Speaker, Speakers

KNOWN_FRAMES = 4096
_CONTROL = 0x08
_NOBODY: deque[int] = deque(maxlen=0)


class Stream:
    """Bytes counted from the moment the first member joined; `base` of them have been forgotten.

    A stream of its own may begin as another, `shared` up to `place`, and has its order compared
    with that one's. All offsets are absolute. A chat or a notice counts for a member once its last
    byte is before the member's offset, so counts for any member at any time follow from offsets
    alone. Frames of one sender mostly differ in its number alone, so one that has been filed as a
    good chat is `known` but for that, and not parsed twice.
    """

    __slots__ = (
        "_digits_at", "_recognise", "_round", "again", "base", "changed", "chat_ends",
        "chats_forgotten", "data", "echoes", "errors", "fresh", "joined", "known", "left", "next",
        "notice_ends", "order", "speakers", "stamps", "twice", "unnamed",
    )  # fmt: skip

    def __init__(
        self, speakers: Speakers, shared: Stream | None = None, place: int | None = None
    ) -> None:
        base = place or 0
        self.speakers = speakers
        self.order: Order = Order(shared.order if shared else None)
        self._round = speakers.first
        self._digits_at = 0
        self._recognise = Recognition(speakers)
        self.base = self.next = base
        self.data = bytearray()
        had = shared.counts_before(base) if shared and place is not None else Counts()
        self.chats_forgotten = had.chats
        self.twice = Places(had.twice)
        self.changed = Places(had.changed)
        self.chat_ends: array[int] = array("Q")
        self.stamps: array[int] = array("Q")
        self.notice_ends: array[int] = array("Q")
        self.echoes: dict[bytes, deque[int]] = {}
        self.joined: dict[bytes, int] = {}
        self.again: set[bytes] = set()
        self.left: set[bytes] = set()
        self.fresh: list[bytes] = []
        self.known: dict[bytes, Speaker] = {}
        self.unnamed = 0
        self.errors: list[str] = []

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.base + len(self.data)

    def chats_before(self, offset: int) -> int:
        """How many chats of our own speakers are complete before `offset`."""
        return self.chats_forgotten + bisect_right(self.chat_ends, offset)

    def counts_before(self, offset: int) -> Counts:
        """Count what is complete before `offset`."""
        return Counts(
            self.chats_before(offset), self.twice.before(offset), self.changed.before(offset)
        )

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
        return common_length(self.data, offset - self.base, chunk)

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
        self.twice.forget(until)
        self.changed.forget(until)
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
        if self._round != self.speakers.first or len(self.known) > KNOWN_FRAMES:
            self._round = self.speakers.first
            self.known.clear()
            self._recognise.forget()
        while at < size:
            if data[at] & _CONTROL:
                cut = size - at
                break
            body, end = extent(data, at)
            if end > size:
                break
            frame = bytes(data[at:end])
            behind = (digits_at := self._digits_at) + NUMBER_DIGITS
            speaker = self.known.get(frame[:digits_at] + frame[behind:])
            digits = frame[digits_at:behind]
            if speaker is not None and digits.isdigit():
                self._count(speaker, int(digits), base + end)
            else:
                self._file(frame, base + at, body - at)
            at = end
        self.next = base + at
        return cut

    def _file(self, frame: bytes, place: int, body: int) -> None:
        """File the frame that starts at `place`, its payload at `body` bytes into it."""
        words = read_words(frame, body)
        if words is not None and words.action == b"chat":
            self._file_chat(words.sender, frame, place, body)
            return
        self.notice_ends.append(place + len(frame))
        contents = read_contents(frame, body)
        if words is None:
            self.changed.ends.append(place + len(frame))
        elif words.action == b"connect" and contents in self.joined:
            self.again.add(contents)
        elif words.action == b"connect":
            self.joined[contents] = place
            self.fresh.append(contents)
        elif words.action.startswith(b"dis"):
            self.left.add(contents)
        else:
            self.errors.append(contents.decode("utf-8", "replace"))

    def _file_chat(self, sender: bytes, frame: bytes, place: int, body: int) -> None:
        """File a chat that is not known: ours unchanged, ours changed, or a stranger's."""
        end = place + len(frame)
        found = self._recognise.read(frame, body)
        if found is None or sender not in {found.speaker.uuid, b""}:
            found = found or self._recognise.read_changed(sender, frame, body, self.order)
            (self.changed.ends if found else self.notice_ends).append(end)
            if found is not None:
                self._count(found.speaker, found.number, end)
            return
        self.unnamed += not sender
        self._digits_at = digits_at = found.digits_at
        if sender:
            self.known[frame[:digits_at] + frame[digits_at + NUMBER_DIGITS :]] = found.speaker
        self._count(found.speaker, found.number, end)

    def _count(self, speaker: Speaker, number: int, end: int) -> None:
        if not self.order.take(speaker, number):
            self.twice.ends.append(end)
            self.notice_ends.append(end)
            return
        self.chat_ends.append(end)
        self.stamps.append(speaker.due[number] if number < len(speaker.due) else 0)
        self.echoes.get(speaker.uuid, _NOBODY).append(end)
