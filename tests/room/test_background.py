from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

from chat.room import background
from chat.room.background import run_in_background
from tests.fakes import until

if TYPE_CHECKING:
    import pytest


async def test_runs_to_its_end_though_nobody_holds_it() -> None:
    """What a consumer starts from `chat` could vanish half-way."""
    done: list[int] = []

    async def work() -> None:
        for number in range(3):
            await asyncio.sleep(0)
            gc.collect()
            done.append(number)

    run_in_background(work())
    assert done == []
    assert len(background._running) == 1
    await until(lambda: len(done) == 3)
    await until(lambda: not background._running)


async def test_an_exception_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """A defect in a developer's code would be lost, or told of when the process ends."""

    async def fail() -> None:
        raise LookupError("a defect")

    run_in_background(fail())
    await until(lambda: caplog.records)
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)
    assert not background._running


async def test_a_cancelled_one_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Every stop of the server would log errors."""
    run_in_background(asyncio.sleep(60))
    [task] = background._running
    task.cancel()
    await until(lambda: not background._running)
    assert caplog.records == []
