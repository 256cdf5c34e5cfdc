from __future__ import annotations

import time
from typing import Final

# Frames that are no whole text message: pings, pongs, fragments, violations. Autobahn takes 20 to
# 40 µs for each: a twentieth of a core for 30 connections that send all they may.
FRAMES_PER_SECOND: Final = 50.0
FRAMES_AT_ONCE: Final = 256
# Least seconds of a pause, so that a flood costs a few wakings a second, not one for each frame.
LEAST_PAUSE: Final = 0.1


class Allowance:
    """What one connection may still send of frames that are no whole text message (GCRA)."""

    __slots__ = ("_free_at",)

    def __init__(self) -> None:
        self._free_at = 0.0

    def take(self) -> float:
        """Pay for one frame; return 0, or where that cannot be done, in how many seconds it can."""
        now = time.monotonic()
        free_at = max(self._free_at, now)
        over = free_at - now - (FRAMES_AT_ONCE - 1) / FRAMES_PER_SECOND
        if over > 0:
            return max(over, LEAST_PAUSE)
        self._free_at = free_at + 1 / FRAMES_PER_SECOND
        return 0.0
