from __future__ import annotations

import asyncio

import pytest

from chat.room import linger as module
from chat.room.linger import MOMENT, Linger


class Clock:
    """A clock that is set by hand, in place of the module's."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        patch.setattr(module, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def flush_after(linger: Linger, clock: Clock, pause: float, takes: float = 0.0) -> None:
    clock.now += pause + takes
    linger.flushed(1, 1, takes)


async def test_turns_for_a_moment_after_flushes_that_follow_each_other(clock: Clock) -> None:
    """A loop that fell asleep would take longer to wake than a chat between two takes."""
    linger = Linger()
    flush_after(linger, clock, pause=1)
    flush_after(linger, clock, pause=MOMENT / 2)
    clock.now += MOMENT / 2
    for _ in range(5):
        await asyncio.sleep(0)
    assert linger.is_turning
    clock.now += MOMENT
    for _ in range(2):
        await asyncio.sleep(0)
    assert not linger.is_turning


async def test_does_not_turn_in_a_room_that_answers_later(clock: Clock) -> None:
    """A room in which a chat is said now and then would burn its processor."""
    linger = Linger()
    for _ in range(5):
        flush_after(linger, clock, pause=2 * MOMENT, takes=10 * MOMENT)
        assert not linger.is_turning


async def test_the_length_of_a_flush_is_no_pause(clock: Clock) -> None:
    """Members of a room whose flushes are long would be answered as if they were far away."""
    linger = Linger()
    flush_after(linger, clock, pause=1)
    flush_after(linger, clock, pause=MOMENT / 2, takes=10 * MOMENT)
    assert linger.is_turning
    clock.now += 2 * MOMENT
    await asyncio.sleep(0)
