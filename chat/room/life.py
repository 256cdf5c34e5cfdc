"""Taking part, and again after whatever ended it: a process must not go deaf unnoticed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

RETRY_SECONDS: Final = 0.5
# What leaving the layer may take, when it may be out of reach.
STOP_SECONDS: Final = 1.0
# Between two tries to end a duty.
END_SECONDS: Final = 0.1

logger = logging.getLogger(__name__)


class PartedError(Exception):
    """Members can be promised no longer that they hear everything; the text says why."""


def reason_of(error: BaseException) -> str:
    """Return what an error says, in one line, or its kind where it says nothing, as a time-out."""
    return " ".join(str(error).split()) or type(error).__name__


class Life:
    """Joins, does its duties until one of them fails, and begins anew.

    `join` returns the duties, which never end by themselves; `part` undoes what `join` did, in
    whole or in part; `fail` is called when a duty failed, to close the members. `fault` says why
    this process takes no part at the moment, and is empty while it does.
    """

    def __init__(
        self,
        join: Callable[[], Awaitable[Iterable[Coroutine[Any, Any, None]]]],
        part: Callable[[], Awaitable[None]],
        fail: Callable[[], None],
    ) -> None:
        self.fault = ""
        self._join = join
        self._part = part
        self._fail = fail
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin once, however many connections come first at the same moment."""
        if self._task is None:
            self._task = asyncio.create_task(self._live())
        await self._tried.wait()

    async def stop(self) -> None:
        """End, without a word to the layer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=STOP_SECONDS)

    async def _live(self) -> None:
        while True:
            try:
                duties = await self._join()
            except Exception as error:  # noqa: BLE001 - layers differ in what they raise
                self._note_unreachable(error)
            else:
                self.fault = ""
                self._tried.set()
                await self._work(duties)
            self._tried.set()
            with contextlib.suppress(Exception):
                await self._part()
            await asyncio.sleep(RETRY_SECONDS)

    def _note_unreachable(self, error: Exception) -> None:
        if not self.fault:
            reason = reason_of(error)
            logger.error("cannot take part in the room, trying again: %s", reason)
            self.fault = f"the channel layer cannot be reached: {reason}"

    async def _work(self, duties: Iterable[Coroutine[Any, Any, None]]) -> None:
        tasks = [asyncio.create_task(duty) for duty in duties]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(tasks)
        errors = [error for task in tasks if not task.cancelled() and (error := task.exception())]
        parted = [error for error in errors if isinstance(error, PartedError)]
        if parted:
            self.fault = str(parted[0])
            logger.error("%s: closing its members", self.fault)
        else:
            self.fault = "the relay failed"
            # None: a library ended it by a cancellation of its own.
            why = errors[0] if errors else None
            logger.error("%s: closing its members", self.fault, exc_info=why)
        self._fail()


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they end: after a freeze redis-py has been seen to lose a cancellation."""
    while running := {task for task in tasks if not task.done()}:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=END_SECONDS)
