"""Many durations, and what can be said of them."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable


class Latencies:
    """Durations in nanoseconds, told in milliseconds."""

    def __init__(self, nanoseconds: Iterable[int] = ()) -> None:
        self._sorted = array("q", sorted(nanoseconds))

    def __len__(self) -> int:
        return len(self._sorted)

    def percentile(self, share: float) -> float:
        """Return the duration (ms) that `share` (0 to 100) percent do not exceed, 0 if none is."""
        if not self._sorted:
            return 0.0
        rank = min(len(self._sorted) - 1, int(len(self._sorted) * share / 100))
        return self._sorted[rank] / 1e6

    @property
    def mean(self) -> float:
        """The mean duration (ms)."""
        return sum(self._sorted) / len(self._sorted) / 1e6 if self._sorted else 0.0

    def summary(self) -> dict[str, float]:
        """Return the usual figures in milliseconds, by name."""
        return {
            "min": self.percentile(0),
            "mean": self.mean,
            "p50": self.percentile(50),
            "p90": self.percentile(90),
            "p95": self.percentile(95),
            "p99": self.percentile(99),
            "p99.9": self.percentile(99.9),
            "max": self.percentile(100),
        }

    def histogram(self, edges: Iterable[float]) -> list[int]:
        """Count those at or below each of the ascending `edges` (ms) and above the one before."""
        below = [bisect_right(self._sorted, int(edge * 1e6)) for edge in edges]
        return [high - low for low, high in zip([0, *below], below, strict=False)]
