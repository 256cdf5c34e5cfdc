"""Where in a stream chats of some kind end, and how many those are."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import NamedTuple


class Counts(NamedTuple):
    """How many chats of ours had come at some place: all, those again, those changed."""

    chats: int = 0
    twice: int = 0
    changed: int = 0


class Places:
    """Ascending offsets; `forgotten` ones are counted and no longer known."""

    __slots__ = ("ends", "forgotten")

    def __init__(self, forgotten: int = 0) -> None:
        self.ends: array[int] = array("Q")
        self.forgotten = forgotten

    def before(self, offset: int) -> int:
        """Return how many are at or before an offset."""
        return self.forgotten + bisect_right(self.ends, offset)

    def forget(self, until: int) -> None:
        """Drop those at or before an offset."""
        count = bisect_right(self.ends, until)
        self.forgotten += count
        del self.ends[:count]
