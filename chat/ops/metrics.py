"""What Prometheus reads: sums that are kept anyway, and a few histograms filled once a batch."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from chat.config.address import parse_address
from chat.config.conf import conf
from chat.config.process import this_process
from chat.ops import logins
from chat.ops.metrics_pages import serve_pages
from chat.ops.vitals import Vitals
from chat.room.listener import Listener
from chat.transport.sockets import the_sockets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.core import Metric

    from chat.ops.recorder import Recorder
    from chat.ops.tally import Tally
    from chat.ops.watch import Watch
    from chat.serving.assembly import Parts

logger = logging.getLogger(__name__)

# Seconds beyond its drain that a worker has to end and free its port.
RETRY_FOR: Final = 30.0
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BYTES: Final = tuple(4.0**power for power in range(4, 13))


class Metrics(Collector, Listener):
    """Measures one process's room, and shows it at an address of its own."""

    def __init__(
        self,
        parts: Parts,
        tally: Tally,
        recorder: Recorder,
        watch: Watch,
        detail: Callable[[], dict[str, Any]],
    ) -> None:
        self.registry = CollectorRegistry()
        self.vitals = Vitals(self.registry)
        self._parts = parts
        self._tally = tally
        self._recorder = recorder
        self._watch = watch
        self._detail = detail
        self._messages_out = 0
        self._bytes_out = 0
        self._publish = self._histogram(
            "publish_seconds", "Time the channel layer took for a batch.", _SECONDS
        )
        self._delivery = self._histogram(
            "delivery_seconds",
            "Time from a batch leaving its process to this one handing it to its members; "
            "between machines their clocks count.",
            _SECONDS,
        )
        self._flush = self._histogram(
            "flush_seconds", "Time one flush took to write to every member.", _SECONDS
        )
        self._flush_bytes = self._histogram(
            "flush_bytes", "Bytes that each member got in one flush.", _BYTES
        )
        self.registry.register(self)

    def serve(self, address: str) -> None:
        """Show the metrics from now on; a worker whose name is a number N on the Nth port after.

        Ends the process with a readable line if the address cannot be had.
        """
        self._parts.listeners.append(self)
        wanted = parse_address(address)
        port = wanted.port + _offset(this_process().worker)
        host = wanted.host or "0.0.0.0"
        try:
            serve_pages(host, port, self.registry, self._detail)
        except (OSError, OverflowError) as error:
            if not this_process().worker:
                sys.exit(f"WSCHAT_METRICS_ADDRESS: cannot listen on {address}: {error}")
            # The worker that this one replaces drains, and shows its own until it ends.
            retry = threading.Thread(target=self._serve_later, args=(port, host), daemon=True)
            retry.start()

    def _serve_later(self, port: int, host: str) -> None:
        deadline = time.monotonic() + conf.drain_seconds + RETRY_FOR
        while time.monotonic() < deadline:
            time.sleep(1)
            with contextlib.suppress(OSError):
                serve_pages(host, port, self.registry, self._detail)
                return
        logger.error("no metrics: port %d of %s stays taken", port, host)

    def published(self, seconds: float) -> None:
        """Note how long the layer took."""
        self._publish.observe(seconds)

    def delivered(self, messages: int, seconds: float) -> None:
        """Note a batch that is handed to members."""
        self._messages_out += messages
        self._delivery.observe(seconds)

    def flushed(self, size: int, written: int, seconds: float) -> None:
        """Note a flush."""
        self._bytes_out += written
        self._flush.observe(seconds)
        self._flush_bytes.observe(size)

    def collect(self) -> Iterable[Metric]:
        """Yield what is counted elsewhere (prometheus-client calls this in its own thread)."""
        yield from self._of_room()
        yield from self._of_door()
        yield from self._of_recorder()

    def _of_room(self) -> Iterable[Metric]:
        parts, tally = self._parts, self._tally
        behind = parts.fanout.behind
        paused = len(parts.brake) + len(parts.pacer)
        yield _gauge("members", "Members of this process.", len(parts.room.members))
        yield _counter("joins", "Members that came in.", tally.joins)
        yield _labelled("leaves", "Members that went, by close code.", "code", tally.leaves)
        yield _counter("messages_received", "Messages from members.", tally.messages)
        yield _counter("bytes_received", "Bytes of messages from members.", tally.bytes)
        yield _counter("messages_sent", "Messages to members.", self._messages_out)
        yield _counter("bytes_sent", "Bytes of frames to members.", self._bytes_out)
        yield _gauge("outbox_bytes", "Bytes not yet published or handed out.", parts.brake.waiting)
        yield _gauge("paused_members", "Members not read from at the moment.", paused)
        yield _gauge("slow_members", "Members that have not taken all they got.", behind)
        yield _counter("paced", "Messages that came faster than allowed.", parts.pacer.paced)
        yield _counter("layer_errors", "Batches the layer did not take.", parts.relay.errors)
        yield _counter("skipped_orders", "Orders of unknown kind.", parts.arrivals.skipped_orders)
        yield _counter("skipped_events", "Events of unknown kind.", parts.relay.skipped)
        yield _gauge("ready", "1 if /readyz says yes.", int(self._detail()["ready"]))

    def _of_door(self) -> Iterable[Metric]:
        door = self._parts.door
        yield _labelled("refused", "Connections sent away, by reason.", "reason", door.refused)
        yield _labelled(
            "would_refuse",
            "Connections that a limit in dry run let through.",
            "reason",
            door.would_refuse,
        )
        yield _labelled("logins", "Tries to log in, by result.", "result", logins.results)
        yield _gauge("open_sockets", "Open connections, of members and others.", the_sockets.open)
        yield _labelled(
            "sockets_refused",
            "Connections closed before they were a request or a member, by reason.",
            "reason",
            the_sockets.refused,
        )
        yield _gauge("lockdown", "1 if nobody new may come in.", int(door.is_locked))

    def _of_recorder(self) -> Iterable[Metric]:
        recorder = self._recorder
        yield _gauge("recorder_queue_rows", "Rows not yet in the database.", recorder.waiting)
        yield _gauge("recorder_queue_bytes", "What they take up.", recorder.waiting_bytes)
        yield _counter("recorder_dropped_rows", "Rows that were not kept.", recorder.dropped)
        yield _counter("recorder_failures", "Attempts to write that failed.", recorder.failures)
        yield _gauge("recorder_up", "1 if rows are written.", int(not self._recorder.problem))
        problem = self._watch.problem
        yield _gauge("database_up", "1 if the database answers.", int(not problem))

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"wschat_{name}", text, buckets=buckets, registry=self.registry)


def _gauge(name: str, text: str, value: float) -> Metric:
    return Gauge(f"wschat_{name}", text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return Counter(f"wschat_{name}", text, value=value)


def _labelled(name: str, text: str, label: str, values: Mapping[Any, int]) -> Metric:
    family = Counter(f"wschat_{name}", text, labels=[label])
    for key, value in list(values.items()):
        family.add_metric([str(key)], value)
    return family


def _offset(worker: str) -> int:
    return int(worker) if worker.isascii() and worker.isdigit() else 0
