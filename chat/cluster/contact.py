"""Whether this process hears and is heard: the one notion of health that all decisions share."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from redis.exceptions import RedisError

from chat.room.life import PartedError, reason_of

# What a call may raise when Redis is out of reach, or is not what it should be.
REDIS_ERRORS: Final = (RedisError, OSError, TimeoutError)
# Without contact for so long a process says that it is not ready, and takes nobody in.
UNREADY_SECONDS: Final = 3.0
# After so long it is gone for the others, so that its members have to come back somewhere.
MOST_SECONDS: Final = 8.0
STEP: Final = 0.25

logger = logging.getLogger(__name__)


class Contact:
    """When a beat last succeeded whose end of the order this process had reached.

    `fault` says why nobody may come in, and is empty while all is well; `errors` counts the calls
    that Redis did not answer. Members are kept for `most_seconds`, within the bounds above.
    """

    def __init__(self, most_seconds: float) -> None:
        self.errors = 0
        self.fault = ""
        self._most = min(max(most_seconds, UNREADY_SECONDS), MOST_SECONDS)
        self._made_at = time.monotonic()
        self._refused_since: float | None = None
        self._is_cut = False

    def refuse(self, since: float) -> None:
        """Note that Redis did not take a batch, first sent at that time, whatever else it does."""
        self._refused_since = since

    def take(self) -> None:
        """Note that it did."""
        self._refused_since = None

    def cut(self, error: Exception) -> None:
        """Note that Redis did not answer."""
        self.errors += 1
        if not self._is_cut:
            self._is_cut = True
            logger.warning("Redis does not answer, what is said waits: %s", reason_of(error))

    def made(self, at: float) -> None:
        """Note that this process was heard, and had heard what there was.

        `at` is when it spoke: the others count its silence from about then, not from the answer on.
        """
        self._made_at = at
        if self._refused_since is not None:
            return
        self.fault = ""
        if self._is_cut:
            self._is_cut = False
            logger.warning("Redis answers again")

    async def watch(self) -> None:
        """Look for ever how long ago that was.

        Raises:
            PartedError: so long that members cannot be kept waiting.

        """
        self.take()
        self.made(time.monotonic())
        while True:
            await asyncio.sleep(STEP)
            since = min(self._made_at, self._refused_since or self._made_at)
            age = time.monotonic() - since
            if age > self._most:
                raise PartedError(f"Redis has not answered for {self._most:g} seconds")
            if age > UNREADY_SECONDS:
                self.fault = f"Redis has not answered for {age:.0f} seconds"
