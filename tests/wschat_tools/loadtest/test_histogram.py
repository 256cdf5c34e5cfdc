from __future__ import annotations

import pytest

from wschat_tools.load import Latencies
from wschat_tools.loadtest.histogram import histogram


def test_nothing_has_no_rows() -> None:
    """A run without a delivery would end in a traceback."""
    assert histogram(Latencies()) == []


@pytest.mark.parametrize(
    "milliseconds",
    [[0.0], [1.0], [5.0, 5.1], [0.01, 1000.0], [2.0, 3.0, 4.0, 90.0], [1.2] * 7, [86_400_000.0]],
)
def test_every_duration_is_in_one_row(milliseconds: list[float]) -> None:
    """The longest or the shortest would be missing, or counted twice."""
    rows = histogram(Latencies(int(value * 1e6) for value in milliseconds))
    assert sum(row.count for row in rows) == len(milliseconds)
    assert sum(row.share for row in rows) == pytest.approx(1)
    edges = [row.up_to for row in rows]
    assert edges == sorted(set(edges))
    assert rows[0].count
    assert rows[-1].count


@pytest.mark.parametrize("spread", [1.5, 10, 1000, 100_000])
def test_is_as_fine_as_it_needs_to_be(spread: float) -> None:
    """All durations would be in one row, or the rows fill more than a screen."""
    steps = [int(1e6 * spread ** (number / 99)) for number in range(100)]
    assert 3 <= len(histogram(Latencies(steps))) <= 24
