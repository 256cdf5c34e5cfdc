"""What a process does when one of its duties fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat.room import life as module
from chat.room.life import Life, PartedError, reason_of
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


class Ways:
    """A life whose joining and duties are scripted, and what it did."""

    def __init__(self, *joins: Exception | list[Exception | None]) -> None:
        self.did: list[str] = []
        self._joins = list(joins)
        self.life = Life(self._join, self._part, lambda: self.did.append("failed"))

    async def _join(self) -> list[Coroutine[Any, Any, None]]:
        self.did.append("joined")
        next_ = self._joins.pop(0) if self._joins else [None]
        if isinstance(next_, Exception):
            raise next_
        return [self._duty(error) for error in next_]

    async def _part(self) -> None:
        self.did.append("parted")
        raise ConnectionError("nobody there to part from")

    async def _duty(self, error: Exception | None) -> None:
        if error is not None:
            raise error
        await asyncio.Event().wait()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)


@pytest.mark.usefixtures("quick")
async def test_tries_until_it_takes_part_and_says_once_why_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log would fill twice a second, or the process never come back to the room."""
    ways = Ways(ConnectionError("one"), ConnectionError("two"), ConnectionError("three"))
    await ways.life.start()
    assert ways.life.fault == "the channel layer cannot be reached: one"
    await until(lambda: not ways.life.fault)
    await ways.life.stop()
    assert ways.did == ["joined", "parted"] * 3 + ["joined"]
    assert caplog.messages == ["cannot take part in the room, trying again: one"]


@pytest.mark.usefixtures("quick")
async def test_what_parted_it_is_told_and_not_what_fell_over_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever reads the log would look for a defect, where Redis was out of reach."""
    ways = Ways([ValueError("fell over"), PartedError("Redis is away"), None])
    await ways.life.start()
    await until(lambda: ways.life.fault)
    assert ways.life.fault == "Redis is away"
    await until(lambda: not ways.life.fault)
    await ways.life.stop()
    assert ways.did == ["joined", "failed", "parted", "joined"]
    assert caplog.messages == ["Redis is away: closing its members"]


@pytest.mark.usefixtures("quick")
async def test_a_defect_is_a_fault_until_it_takes_part_again() -> None:
    """Somebody would be let into a room that is not there."""
    ways = Ways([ValueError("a defect")])
    await ways.life.start()
    await until(lambda: ways.life.fault)
    assert ways.life.fault == "the relay failed"
    await until(lambda: not ways.life.fault)
    await ways.life.stop()


async def test_begins_once_and_ends_where_it_never_began() -> None:
    """Each first connection would begin another life; one that failed would hang."""
    ways = Ways()
    await ways.life.stop()
    await asyncio.gather(*(ways.life.start() for _ in range(3)))
    assert ways.did == ["joined"]
    await asyncio.wait_for(ways.life.stop(), 5)
    assert ways.life._task is not None
    assert ways.life._task.cancelled()


def test_an_error_is_one_line() -> None:
    """A line of the log would be several, or empty."""
    assert reason_of(ValueError("two\n  lines")) == "two lines"
    assert reason_of(ValueError()) == "ValueError"
