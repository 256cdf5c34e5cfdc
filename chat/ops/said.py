from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from chat.ops.rows import message_rows

if TYPE_CHECKING:
    from chat.ops.rows import MessageRow

# What a batch of frames takes up beside its bytes.
OVERHEAD: Final = 128


class Said:
    """What was said and is not written yet: the room's thread puts, the recorder's takes.

    Batches stay frames until their turn has come: rows take up several times as much. Each count
    is changed by one of the two threads only.
    """

    def __init__(self) -> None:
        self._batches: deque[tuple[bytes, int]] = deque()
        self._rows: deque[MessageRow] = deque()
        self._rows_put = self._rows_done = 0
        self._bytes_put = self._bytes_done = self._bytes_begun = 0

    @property
    def rows(self) -> int:
        """Messages that wait."""
        return self._rows_put - self._rows_done

    @property
    def size(self) -> int:
        """What they take up, about."""
        return self._bytes_put - self._bytes_done

    def put(self, frames: bytes, count: int) -> None:
        """Add a batch of frames with so many messages."""
        self._rows_put += count
        self._bytes_put += len(frames) + OVERHEAD
        self._batches.append((frames, count))

    def first(self, most: int) -> list[MessageRow]:
        """Return the first rows, at most so many; the same ones until they are done."""
        while len(self._rows) < most and self._batches:
            frames, count = self._batches.popleft()
            rows = list(message_rows(frames))
            self._rows.extend(rows)
            self._rows_done += count - len(rows)
            self._bytes_begun += len(frames) + OVERHEAD
        return list(islice(self._rows, most))

    def done(self, count: int) -> None:
        """Forget the first rows: they are written, or never will be."""
        for _ in range(count):
            self._rows.popleft()
        self._rows_done += count
        if not self._rows:
            self._bytes_done += self._bytes_begun
            self._bytes_begun = 0
