"""Watch what a server takes while something is going on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from bench.process import ServerProcess

SAMPLE_SECONDS = 0.05


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
