from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import Final

_WIDTH: Final = 4
# By so many connections a worker may lead. To be no more even than that costs a crowd that comes at
# once half its time: workers that wait for each other take nobody.
LEAD: Final = 8


def make_file(count: int) -> int:
    """Return the descriptor of a file without a name, with room for so many workers."""
    descriptor, path = tempfile.mkstemp(prefix="wschat-shares-")
    Path(path).unlink()
    os.ftruncate(descriptor, _WIDTH * count)
    return descriptor


class Shares:
    """How many connections each worker has, in memory that all see and each writes its own part of.

    Args:
        descriptor: of the file that holds it; see `make_file`.
        worker: whose part is one's own, from 0 on.

    """

    def __init__(self, descriptor: int, worker: int) -> None:
        self._counts = memoryview(mmap.mmap(descriptor, 0)).cast("I")
        self._worker = worker

    def is_ahead(self, count: int) -> bool:
        """Tell the others that this worker has so many; return whether one has far fewer."""
        self._counts[self._worker] = count
        return count > min(self._counts) + LEAD
