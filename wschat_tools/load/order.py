"""Which of a speaker's chats have come in a stream, and whether all streams have one order."""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wschat_tools.load.speakers import Speaker

# What is kept of chats that were passed over, or that the reference has not got yet.
MOST_KEPT: Final = 100_000


class Heard:
    """The chats of one speaker in one stream: from the `lowest` number to the `next` one."""

    __slots__ = ("lowest", "missing", "next", "ranks")

    def __init__(self, number: int) -> None:
        self.lowest = self.next = number
        self.missing: set[int] = set()
        self.ranks: array[int] = array("Q")


class Order:
    """The order of chats in a stream; that of another is compared with the reference's.

    `disordered` chats came after a later one of the same speaker, `misordered` ones elsewhere than
    in the reference.
    """

    __slots__ = ("_heard", "_kept", "_last", "_rank", "_reference", "disordered", "misordered")

    def __init__(self, reference: Order | None = None) -> None:
        self.disordered = 0
        self.misordered = 0
        self._reference = reference
        self._heard: dict[int, Heard] = {}
        self._kept: deque[tuple[int, int]] = deque(maxlen=MOST_KEPT)
        self._rank = 0
        self._last = 0

    def take(self, speaker: Speaker, number: int) -> bool:
        """Note that a chat came; returns False if it had come before."""
        heard = self._heard.get(speaker.index)
        if heard is None:
            heard = self._heard[speaker.index] = Heard(number)
        if number != heard.next and not self._out_of_turn(heard, number):
            return False
        heard.next = max(heard.next, number + 1)
        if self._reference is None:
            self._rank += 1
            self._file(heard.ranks, number)
        else:
            self._kept.append((speaker.index, number))
            self.compare()
        return True

    def up_to(self, speaker: Speaker) -> int:
        """Return how many chats a speaker must have said for what was heard of it."""
        heard = self._heard.get(speaker.index)
        return 0 if heard is None else heard.next

    def compare(self, *, finally_: bool = False) -> None:
        """Compare with the reference as far as it goes, in the end past what it never got."""
        while self._kept:
            rank = self._rank_of(*self._kept[0])
            if not rank and not finally_:
                return
            self._kept.popleft()
            if rank:
                self.misordered += rank < self._last
                self._last = max(self._last, rank)

    def _out_of_turn(self, heard: Heard, number: int) -> bool:
        """Note a chat before or behind the one whose turn it was; False if it came before."""
        if number > heard.next:
            heard.missing.update(range(heard.next, min(number, heard.next + MOST_KEPT)))
            return True
        if number >= heard.lowest and number not in heard.missing:
            return False
        self.disordered += 1
        if number < heard.lowest:
            heard.missing.update(range(number + 1, heard.lowest))
            heard.lowest = number
        heard.missing.discard(number)
        return True

    def _file(self, ranks: array[int], number: int) -> None:
        if number < len(ranks):
            ranks[number] = self._rank
            return
        if number > len(ranks):
            ranks.extend([0] * (number - len(ranks)))
        ranks.append(self._rank)

    def _rank_of(self, index: int, number: int) -> int:
        """Return the place of a chat in the reference, 0 if it is not there."""
        assert self._reference is not None  # noqa: S101 - else there is nothing to compare with
        heard = self._reference._heard.get(index)  # noqa: SLF001 - another of the same kind
        return heard.ranks[number] if heard and number < len(heard.ranks) else 0
