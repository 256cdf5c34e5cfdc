"""What Prometheus reads of the process itself: processor time, memory, files, lag, version."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final

from prometheus_client import Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from chat.config.process import this_process

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

# Seconds between two measurements of the loop's lag.
LOOK_EVERY: Final = 0.5
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Vitals(Collector):
    """Puts them into a registry; `process_*` are the names that all programs have there."""

    def __init__(self, registry: CollectorRegistry) -> None:
        ProcessCollector(registry=registry)
        self._lag = Histogram(
            "wschat_loop_lag_seconds",
            "How late the event loop comes to what is due, by two looks a second.",
            buckets=_SECONDS,
            registry=registry,
        )
        registry.register(self)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Measure a loop's lag from now on; called in its thread."""
        loop.call_later(LOOK_EVERY, self._look, loop, loop.time() + LOOK_EVERY)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._lag.observe(max(0.0, loop.time() - due))
        self.watch(loop)

    def collect(self) -> Iterable[Metric]:
        """Yield what does not change (prometheus-client calls this in its own thread)."""
        process = this_process()
        started = Gauge("wschat_start_time_seconds", "When the process began.")
        started.add_metric([], process.started)
        yield started
        build = Gauge(
            "wschat_build_info",
            "Always 1; the labels say what runs.",
            labels=["version", "python", "host", "worker"],
        )
        labels = [process.version, platform.python_version(), process.host, process.worker]
        build.add_metric(labels, 1)
        yield build
