from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# A batch that was published so long ago has been missed by nobody, or by somebody who knows.
KEEP_SECONDS: Final = 20.0
KEEP_BYTES: Final = 32 * 1024 * 1024


class Journal:
    """The batches that this process published lately, for a Redis that forgot them."""

    def __init__(self) -> None:
        self._batches: deque[tuple[float, dict[str, Any]]] = deque()
        self._size = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter([batch for _, batch in self._batches])

    def __len__(self) -> int:
        return len(self._batches)

    def add(self, batch: dict[str, Any]) -> None:
        """Keep a batch, and let go of the old ones."""
        now = time.monotonic()
        self._batches.append((now, batch))
        self._size += len(batch["frames"])
        while len(self._batches) > 1 and (
            self._batches[0][0] < now - KEEP_SECONDS or self._size > KEEP_BYTES
        ):
            self._size -= len(self._batches.popleft()[1]["frames"])

    def clear(self) -> None:
        """Forget all of them."""
        self._batches.clear()
        self._size = 0
