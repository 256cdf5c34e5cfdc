from wschat_tools.load import Latencies


def test_percentiles() -> None:
    """Without it the figures of a load test would be off by a rank."""
    latencies = Latencies(n * 1_000_000 for n in range(100, 0, -1))
    assert latencies.summary() == {
        "min": 1.0, "mean": 50.5, "p50": 51.0, "p90": 91.0, "p95": 96.0, "p99": 100.0,
        "p99.9": 100.0, "max": 100.0,
    }  # fmt: skip


def test_histogram() -> None:
    """Without it a bar of the histogram would show its neighbour's count."""
    latencies = Latencies([500_000, 1_000_000, 1_500_000, 9_000_000])
    assert latencies.histogram([1, 2, 5]) == [2, 1, 0]


def test_none() -> None:
    """Without it a run in which nothing came back would end in a traceback."""
    assert set(Latencies().summary().values()) == {0.0}
    assert len(Latencies()) == 0
