from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.rate_limit import spend

INTERVAL = 0.5


def spend_at(times: list[float], burst: int) -> list[float]:
    """Return what each of the units that are asked for at these times has to wait."""
    free_at, waits = 0.0, []
    for now in times:
        free_at, wait = spend(free_at, now, INTERVAL, (burst - 1) * INTERVAL)
        waits.append(wait)
    return waits


@pytest.mark.parametrize("burst", [1, 2, 10])
def test_a_burst_is_free_and_the_next_one_waits(burst: int) -> None:
    """A member would be slowed down too early, or not at all."""
    waits = spend_at([1000.0] * (burst + 1), burst)
    assert waits == [0.0] * burst + [pytest.approx(INTERVAL)]


def test_one_that_waits_costs_nothing() -> None:
    """Asking again while it waits would keep a member waiting for ever."""
    waits = spend_at([1000.0] * 50 + [1000.0 + INTERVAL], 1)
    assert waits[1:50] == [pytest.approx(INTERVAL)] * 49
    assert waits[50] == 0.0


def test_the_wait_is_exactly_as_long_as_it_says() -> None:
    """A timer set by it would fire too early, and the message wait a second time."""
    free_at, slack = 0.0, 2 * INTERVAL
    for _ in range(3):
        free_at, _ = spend(free_at, 8.0, INTERVAL, slack)
    free_at, wait = spend(free_at, 8.25, INTERVAL, slack)
    assert wait == 0.25
    _, early = spend(free_at, 8.25 + wait / 2, INTERVAL, slack)
    assert early == wait / 2
    _, wait = spend(free_at, 8.25 + wait, INTERVAL, slack)
    assert wait == 0.0


def test_a_pause_gives_the_burst_back_but_no_more() -> None:
    """A member that was away would never chat fast again, or flood the room when it is back."""
    waits = spend_at([1000.0] * 4 + [5000.0] * 5, 4)
    assert waits == [0.0] * 8 + [pytest.approx(INTERVAL)]


def test_a_pause_of_half_the_burst_gives_half_of_it_back() -> None:
    """The rate would not be what the settings say."""
    waits = spend_at([1000.0] * 4 + [1000.0 + 2 * INTERVAL] * 3, 4)
    assert waits == [0.0] * 6 + [pytest.approx(INTERVAL)]


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=60),
    st.integers(1, 5),
)
def test_never_more_than_the_burst_and_the_rate_allow(gaps: list[float], burst: int) -> None:
    """A flood in an unlucky rhythm would get past the limit."""
    now, times = 1000.0, []
    for gap in gaps:
        now += gap
        times.append(now)
    waits = spend_at(times, burst)
    taken = [now for now, wait in zip(times, waits, strict=True) if not wait]
    for start in range(len(taken)):
        for end in range(start, len(taken)):
            allowed = burst + (taken[end] - taken[start]) / INTERVAL
            assert end - start + 1 <= allowed + 1e-6
