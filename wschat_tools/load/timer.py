"""A timer of the kernel's: asyncio's own wake about a millisecond late."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
from typing import TYPE_CHECKING, Final, Self

from wschat_tools.load.speakers import now_ns

if TYPE_CHECKING:
    from types import TracebackType

# From <sys/timerfd.h> of Linux; Python has it from 3.13 on.
CLOCK_MONOTONIC: Final = 1
TFD_NONBLOCK: Final = os.O_NONBLOCK
TFD_TIMER_ABSTIME: Final = 1
NANOSECONDS: Final = 10**9
_libc: Final = ctypes.CDLL(None, use_errno=True)


class Timer:
    """A file descriptor of the kernel's that is readable once a moment has come."""

    def __init__(self) -> None:
        self._fd: int = _libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "no timer of the kernel's")
        self._due: asyncio.Future[None] | None = None

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._fd, self._ring)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)

    async def sleep_until(self, moment_ns: int) -> None:
        """Sleep until a moment (ns of the monotonic clock); let others run at least once."""
        if moment_ns <= now_ns():
            await asyncio.sleep(0)
            return
        self._due = asyncio.get_running_loop().create_future()
        seconds, rest = divmod(moment_ns, NANOSECONDS)
        setting = (ctypes.c_long * 4)(0, 0, seconds, rest)
        _libc.timerfd_settime(self._fd, TFD_TIMER_ABSTIME, setting, None)
        await self._due

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._fd, 8)
        if self._due is not None and not self._due.done():
            self._due.set_result(None)
