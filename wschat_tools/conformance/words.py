"""What one check's people say, so that it is known again among what strangers say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wschat_tools.conformance.heard import bare

if TYPE_CHECKING:
    from wschat_tools.conformance.heard import Heard


class Words:
    """All words of one check: those of interest, and marks, which are not."""

    def __init__(self) -> None:
        self._id = os.urandom(6).hex()
        self._count = 0
        self._said: set[str] = set()
        self._fences: set[str] = set()

    def next_mark(self) -> str:
        """Return words that nobody has said before and that are of no interest."""
        self._count += 1
        return f"mark {self._id} {self._count}"

    def next_fence(self) -> str:
        """Return words that nobody has said before; they are of interest."""
        self._count += 1
        words = f"after it {self._id} {self._count}"
        self.add(words)
        self._fences.add(bare(words))
        return words

    def add(self, contents: str) -> None:
        """Note that this is said: whoever it is said to come from, it is of interest."""
        self._said.add(bare(contents))

    def has(self, message: Heard) -> bool:
        """Whether these words are of interest."""
        return bare(message.contents) in self._said

    def is_mark(self, message: Heard) -> bool:
        """Whether somebody has said a mark."""
        return bare(message.contents).startswith(f"mark{self._id}")

    def is_fence(self, message: Heard) -> bool:
        """Whether somebody has said words of `next_fence`, for the first time or again."""
        return bare(message.contents) in self._fences
