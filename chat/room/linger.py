"""What keeps the loop awake for a moment where the members' answers come that fast."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

from chat.room.listener import Listener

# Seconds. To fall asleep and be woken takes the loop longer than a chat to two members does; who
# answers later than this is far away, and is not waited for.
MOMENT: Final = 0.0002


class Linger(Listener):
    """After a flush that followed the one before within a MOMENT, the loop turns for one more.

    In turning it reads what comes without having slept: 0.6 times as long from one of two members
    to the other and back. A room in which nobody answers that fast never turns.
    """

    def __init__(self) -> None:
        self.is_turning = False
        self._flushed_at = 0.0

    def flushed(self, size: int, written: int, seconds: float) -> None:
        """Turn, if this flush began soon after the one before."""
        last, self._flushed_at = self._flushed_at, monotonic()
        if self._flushed_at - seconds - last < MOMENT and not self.is_turning:
            self.is_turning = True
            self._turn()

    def _turn(self) -> None:
        if monotonic() - self._flushed_at < MOMENT:
            asyncio.get_running_loop().call_soon(self._turn)
        else:
            self.is_turning = False
