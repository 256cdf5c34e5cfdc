"""Watch what a server takes while something is going on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from bench.process import ServerProcess

SAMPLE_SECONDS = 0.05
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Busy:
    """How busy a server has been since this was made."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._cpu = server.cpu_seconds
        self._began = time.monotonic()

    @property
    def share(self) -> float:
        """The share of a core that it has used."""
        return (self._server.cpu_seconds - self._cpu) / (time.monotonic() - self._began)


class Others:
    """How much of the cores of a server and of this process others have used since."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._cores = {f"cpu{n}" for n in server.cores | os.sched_getaffinity(0)}
        self._used = self._used_by_others()
        self._began = time.monotonic()

    @property
    def share(self) -> float:
        """The share of a core, on all cores of the two together."""
        used = self._used_by_others() - self._used
        return max(0.0, used / (time.monotonic() - self._began))

    def _used_by_others(self) -> float:
        lines = (line.split() for line in Path("/proc/stat").read_text().splitlines())
        busy = sum(_busy_ticks(line) for line in lines if line[0] in self._cores)
        return busy / TICKS_A_SECOND - self._server.cpu_seconds - time.process_time()


def _busy_ticks(line: list[str]) -> int:
    """Sum up user, nice, system, irq, softirq and steal of a core's line in /proc/stat."""
    return sum(int(line[field]) for field in (1, 2, 3, 6, 7, 8))


class MemoryWatch:
    """How much a server's resident memory grows at most, in an asynchronous context."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._before = self._most = server.resident

    @property
    def growth(self) -> int:
        """Bytes between the first sample and the highest."""
        return self._most - self._before

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._sample())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _sample(self) -> None:
        while True:
            self._most = max(self._most, self._server.resident)
            await asyncio.sleep(SAMPLE_SECONDS)
