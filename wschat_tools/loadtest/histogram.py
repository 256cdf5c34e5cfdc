"""How durations are spread: a row for each step, as fine as it takes to be told apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wschat_tools.load import Latencies

# Steps of a decade: the coarsest that makes enough rows is taken.
SERIES = (
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2),
)
ENOUGH_ROWS = 8
SHORTEST_MS = 0.001


@dataclass(frozen=True, slots=True)
class Row:
    """How many durations were longer than the row before tells and at most `up_to` (ms)."""

    up_to: float
    count: int
    share: float


def histogram(latencies: Latencies) -> list[Row]:
    """Return the rows from the shortest duration to the longest; none if there is no duration."""
    if not len(latencies):
        return []
    low, high = latencies.percentile(0), latencies.percentile(100)
    edges = _edges(low, high, SERIES[-1])
    for series in SERIES:
        coarser = _edges(low, high, series)
        if len(coarser) >= ENOUGH_ROWS:
            edges = coarser
            break
    counts = latencies.histogram(edges)
    return [
        Row(edge, count, count / len(latencies)) for edge, count in zip(edges, counts, strict=True)
    ]


def _edges(low: float, high: float, series: tuple[float, ...]) -> list[float]:
    """Return the steps that durations from `low` to `high` (ms) fall into."""
    low, high = max(low, SHORTEST_MS), max(high, SHORTEST_MS)
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    steps = [float(f"{step}e{decade}") for decade in decades for step in series]
    first = next(index for index, step in enumerate(steps) if step >= low)
    last = next(index for index, step in enumerate(steps) if step >= high)
    return steps[first : last + 1]
