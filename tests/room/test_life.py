"""What a process does when one of its duties fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat.room.life import Life, PartedError
from tests.fakes import until

if TYPE_CHECKING:
    from collections.abc import Coroutine


async def hang_on() -> None:
    """Lose the first cancellation, as a library does that takes it for its own time-out."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


async def fail() -> None:
    raise PartedError("all is lost")


async def test_a_lost_cancellation_leaves_nobody_in_a_room_without_a_relay() -> None:
    """Members of a process that was frozen would talk to nobody, and be told nothing."""
    lives, closed = 0, 0

    async def join() -> list[Coroutine[Any, Any, None]]:
        nonlocal lives
        lives += 1
        return [hang_on(), fail() if lives == 1 else hang_on()]

    async def part() -> None:
        """Undo nothing."""

    def close() -> None:
        nonlocal closed
        closed += 1

    life = Life(join, part, close)
    await life.start()
    try:
        await until(lambda: lives == 2)
    finally:
        await life.stop()
    assert closed == 1
    assert life.fault == ""


@pytest.mark.parametrize("error", [PartedError("cut off"), ZeroDivisionError("a defect")])
async def test_what_ended_it_is_one_line_or_a_traceback(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """Whoever reads the log could not tell an outage from a defect."""

    async def fail() -> None:
        raise error

    async def join() -> list[Coroutine[Any, Any, None]]:
        return [fail()]

    async def part() -> None:
        await asyncio.Event().wait()

    life = Life(join, part, lambda: None)
    await life.start()
    await until(lambda: life.fault)
    await life.stop()
    [record] = caplog.records
    assert record.getMessage().endswith(": closing its members")
    assert bool(record.exc_info) is isinstance(error, ZeroDivisionError)


async def test_a_time_out_has_a_reason_too(caplog: pytest.LogCaptureFixture) -> None:
    """A line of the log would end in a colon, and not say what is wrong."""

    async def join() -> list[Coroutine[Any, Any, None]]:
        raise TimeoutError

    async def part() -> None:
        await asyncio.Event().wait()

    life = Life(join, part, lambda: None)
    starting = asyncio.create_task(life.start())
    await until(lambda: life.fault)
    await life.stop()
    starting.cancel()
    assert life.fault == "the channel layer cannot be reached: TimeoutError"
    assert caplog.messages == ["cannot take part in the room, trying again: TimeoutError"]


async def test_a_duty_that_a_library_cancels_begins_anew() -> None:
    """The process would be deaf, with nobody left who could notice it."""
    lives = 0

    async def cancelled() -> None:
        raise asyncio.CancelledError

    async def join() -> list[Coroutine[Any, Any, None]]:
        nonlocal lives
        lives += 1
        return [cancelled() if lives == 1 else asyncio.sleep(60)]

    async def part() -> None:
        """Undo nothing."""

    life = Life(join, part, lambda: None)
    await life.start()
    try:
        await until(lambda: lives == 2)
    finally:
        await life.stop()
