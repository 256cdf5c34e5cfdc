from __future__ import annotations

import random
from typing import Final

FIRST_SECONDS: Final = 1.0
MOST_SECONDS: Final = 20.0


class Backoff:
    """How long to wait before the next try: a random part of a ceiling that doubles each time.

    After a restart of the server all its clients come back: full jitter spreads them evenly.
    """

    def __init__(self) -> None:
        self._ceiling = FIRST_SECONDS

    def next(self) -> float:
        """Return seconds to wait, and double the ceiling."""
        wait = random.uniform(0, self._ceiling)  # noqa: S311 - not a secret
        self._ceiling = min(self._ceiling * 2, MOST_SECONDS)
        return wait

    def reset(self) -> None:
        """Begin anew: the connection held."""
        self._ceiling = FIRST_SECONDS
