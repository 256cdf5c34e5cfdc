"""What a monitor learns of the process itself."""

from __future__ import annotations

import platform
import socket
from typing import Any

from prometheus_client import CollectorRegistry

from chat import VERSION
from chat.config.process import this_process
from chat.ops.vitals import Vitals


class Loop:
    """A loop whose time is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[Any] = []

    def time(self) -> float:
        """Return it."""
        return self.now

    def call_later(self, seconds: float, call: Any, *arguments: Any) -> None:
        """Note what is to be called when."""
        self.due.append((seconds, call, arguments))

    def turn(self, late: float) -> None:
        """Call what is due, so late."""
        [(seconds, call, arguments)] = self.due
        self.due = []
        self.now += seconds + late
        call(*arguments)


def test_a_loop_that_comes_late_is_seen() -> None:
    """A server that hangs for seconds would look as well as ever."""
    registry = CollectorRegistry()
    loop: Any = Loop()
    Vitals(registry).watch(loop)
    for late in (0.0, 0.3, -0.001, 0.2):
        loop.turn(late)
    assert [seconds for seconds, *_ in loop.due] == [0.5]
    lag = "wschat_loop_lag_seconds"
    assert registry.get_sample_value(f"{lag}_count") == 4
    total = registry.get_sample_value(f"{lag}_sum")
    assert total is not None
    assert abs(total - 0.5) < 1e-6
    for bound, count in [("0.001", 2), ("0.25", 3), ("0.5", 4), ("10.0", 4)]:
        assert registry.get_sample_value(f"{lag}_bucket", {"le": bound}) == count


def test_tells_what_runs() -> None:
    """After a deploy nobody could see which of the workers are old."""
    registry = CollectorRegistry()
    Vitals(registry)
    process = this_process()
    assert registry.get_sample_value("wschat_start_time_seconds") == process.started
    labels = {
        "version": VERSION, "python": platform.python_version(), "host": socket.gethostname(),
        "worker": process.worker,
    }  # fmt: skip
    assert registry.get_sample_value("wschat_build_info", labels) == 1
    assert registry.get_sample_value("process_open_fds") is not None
