"""How a supervisor knows that a worker serves: over a pipe, a byte a second."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Final

BEAT_SECONDS: Final = 1.0


def beat(pipe: int) -> None:
    """Tell the supervisor that this worker's event loop turns, now and every second from now on."""
    os.set_blocking(pipe, False)
    with contextlib.suppress(OSError):  # it is gone, or has not read for hours
        os.write(pipe, b"1")
    asyncio.get_running_loop().call_later(BEAT_SECONDS, beat, pipe)


class Heartbeat:
    """The supervisor's end of the pipe; `is_open` until the worker has ended."""

    def __init__(self, pipe: int) -> None:
        self.is_open = True
        self._pipe = pipe
        self._heard = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe, self._read)

    async def comes(self, seconds: float) -> bool:
        """Wait for a beat; False if none comes in time, or the worker has ended."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), seconds)
        is_heard = self._heard.is_set() and self.is_open
        self._heard.clear()
        return is_heard

    def close(self) -> None:
        """Listen no longer."""
        if self.is_open:
            self.is_open = False
            asyncio.get_running_loop().remove_reader(self._pipe)
            os.close(self._pipe)

    def _read(self) -> None:
        if not os.read(self._pipe, 4096):
            self.close()
        self._heard.set()
