"""Every figure is of what its name says: a wrong one is worse than none."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chat.config.conf import conf
from chat.config.process import this_process
from chat.door.visitor import Visitor
from chat.ops import logins
from chat.ops import metrics as module
from chat.ops.metrics import Metrics
from chat.ops.operations import Operations
from chat.protocol.frames import payloads
from chat.serving.assembly import make_room
from tests.fakes import FakeTransport, HeldLayer, join, receive, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chat.room.member import Member

OUTBOX = 2048
WAIT = 0.02


class Measured:
    """A room that is measured, over a layer that can hang."""

    def __init__(self) -> None:
        self.layer = HeldLayer()
        settings = dataclasses.replace(conf, outbox_bytes=OUTBOX, history=9)
        self.parts = make_room(self.layer, settings)
        self.operations = Operations(self.parts)
        self.metrics = self.operations.metrics()
        self.parts.listeners.extend([self.operations.tally, self.metrics])
        self.sockets: list[FakeTransport] = []

    def join(self, socket: FakeTransport | None = None, *, history: int = 0) -> Member:
        """Bring one in, whose own connect is still on the way."""
        self.sockets.append(socket or FakeTransport())
        return join(self.parts, self.sockets[-1], Visitor(history=history))

    def say(self, member: Member, text: str) -> None:
        """Say something."""
        receive(member, f'{{"contents":"{text}"}}')

    async def heard(self, text: str) -> None:
        """Wait until all have heard it."""
        await until(lambda: all(text.encode() in socket.heard for socket in self.sockets))

    def shown(self, name: str, **labels: str) -> float:
        """Return what a monitor reads."""
        value = self.metrics.registry.get_sample_value(f"wschat_{name}", labels)
        assert value is not None, name
        return value


@pytest.fixture
async def room() -> AsyncIterator[Measured]:
    """Make a room, and stop it in the end."""
    made = Measured()
    await made.parts.relay.start()
    yield made
    await made.parts.stop()


async def test_what_is_sent_counts_once_for_each_who_gets_it(room: Measured) -> None:
    """The traffic of a room would be shown as twice what it is, or as that of one member."""
    anna = room.join()
    await room.heard(anna.id)
    room.say(anna, "before")
    bert = room.join()
    room.say(anna, "between")
    carl = room.join(history=5)
    await room.heard(carl.id)
    room.say(bert, "x" * 500)
    room.parts.room.leave(carl, 1000)
    gone = room.sockets.pop()
    await room.heard("x" * 500)
    heard = [socket.heard for socket in (*room.sockets, gone)]
    messages = sum(len(list(payloads(each))) for each in heard)
    assert messages == (1 + 4 + 2) + (3 + 2) + (1 + 2)
    assert room.shown("messages_sent_total") == messages
    assert room.shown("bytes_sent_total") == sum(map(len, heard))


async def test_newcomers_of_two_batches_in_one_flush_count(room: Measured) -> None:
    """While many come, what is sent to them would be missing."""
    anna = room.join()
    await room.heard(anna.id)
    room.parts.fanout._next_flush_at = time.monotonic() + WAIT
    room.parts.fanout._enough = math.inf
    room.join()
    await until(lambda: room.parts.fanout.pending_bytes)
    room.say(anna, "both of us")
    await room.heard("both of us")
    assert room.shown("messages_sent_total") == 1 + 2 + 2


async def test_what_members_did_counts_once_also_when_they_have_gone(room: Measured) -> None:
    """A busy room would be shown as one that people leave, or the other way round."""
    anna, bert = room.join(), room.join()
    room.say(anna, "one")
    room.say(anna, "two")
    room.say(bert, "three")
    room.parts.room.leave(anna, 4001)
    assert room.shown("joins_total") == 2
    assert room.shown("members") == 1
    assert room.shown("leaves_total", code="4001") == 1
    assert room.shown("messages_received_total") == 3
    assert room.shown("bytes_received_total") == len('{"contents":""}') * 3 + len("onetwothree")


async def test_times_are_those_that_it_took(
    room: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer or a machine that has become slow would look as quick as ever."""
    anna = room.join()
    await room.heard(anna.id)
    names = ("publish", "delivery", "flush")
    before = {name: room.shown(f"{name}_seconds_sum") for name in names}
    [socket] = room.sockets
    write = socket.write

    def write_slowly(frames: bytes) -> int:
        time.sleep(WAIT)
        return write(frames)

    monkeypatch.setattr(socket, "write", write_slowly)
    room.metrics.published(WAIT)
    room.layer.is_open = False
    room.say(anna, "slow")
    await asyncio.sleep(WAIT)
    room.layer.release()
    await room.heard("slow")
    await until(lambda: room.shown("flush_seconds_count") == 2)
    for name in names:
        assert room.shown(f"{name}_seconds_sum") - before[name] >= WAIT * 0.9, name
    assert room.shown("flush_bytes_sum") == len(socket.heard)


async def test_paused_and_slow_members_are_told_apart(room: Measured) -> None:
    """An operator would look for slow networks where somebody floods."""
    deaf = [room.join(FakeTransport(space=0)) for _ in range(2)]
    talker = room.join()
    await until(lambda: all(socket.written for socket in room.sockets))
    room.say(talker, "x" * OUTBOX)
    assert (room.shown("slow_members"), room.shown("paused_members")) == (len(deaf), 1)


async def test_what_waits_to_be_published_is_shown(room: Measured) -> None:
    """A layer that takes nothing would show only when the room stands still."""
    anna = room.join()
    await room.heard(anna.id)
    assert room.shown("outbox_bytes") == 0
    sent = room.shown("bytes_sent_total")
    room.say(anna, "waits")
    waiting = room.shown("outbox_bytes")
    await room.heard("waits")
    assert waiting == room.shown("bytes_sent_total") - sent


def test_what_the_recorder_lost_is_no_failure() -> None:
    """An operator would not know whether anything is missing from the log."""
    measured = Measured()
    measured.operations.recorder.dropped = 3
    measured.operations.recorder.failures = 5
    assert measured.shown("recorder_dropped_rows_total") == 3
    assert measured.shown("recorder_failures_total") == 5


def test_each_figure_has_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator would look for what is wrong at the wrong end, or not at all."""
    monkeypatch.setattr(logins, "results", {"ok": 24})
    sockets = SimpleNamespace(open=25, refused={"slow": 26})
    monkeypatch.setattr(module, "the_sockets", sockets)
    parts: Any = SimpleNamespace(
        room=SimpleNamespace(members="a"),
        fanout=SimpleNamespace(behind=2),
        brake=Paused(3, waiting=4),
        pacer=Paused(5, paced=6),
        relay=SimpleNamespace(errors=7, skipped=8),
        arrivals=SimpleNamespace(skipped_orders=9),
        door=SimpleNamespace(refused={"full": 10}, would_refuse={"rate": 11}, is_locked=False),
        listeners=[],
    )
    tally: Any = SimpleNamespace(joins=12, leaves={1000: 13}, messages=14, bytes=15)
    recorder: Any = SimpleNamespace(
        waiting=16, waiting_bytes=17, dropped=18, failures=19, problem=""
    )
    watch: Any = SimpleNamespace(problem="gone")
    metrics = Metrics(parts, tally, recorder, watch, lambda: {"ready": True})
    metrics.delivered(20, 0.0)
    metrics.delivered(1, 0.0)
    metrics.flushed(1, 22, 0.0)
    metrics.flushed(1, 1, 0.0)
    shown = {
        (sample.name.removeprefix("wschat_"), *sample.labels.items()): sample.value
        for family in metrics.collect()
        for sample in family.samples
    }
    assert shown == {
        ("members",): 1, ("slow_members",): 2, ("paused_members",): 8, ("outbox_bytes",): 4,
        ("paced_total",): 6, ("layer_errors_total",): 7, ("skipped_events_total",): 8,
        ("skipped_orders_total",): 9, ("refused_total", ("reason", "full")): 10,
        ("would_refuse_total", ("reason", "rate")): 11, ("lockdown",): 0, ("joins_total",): 12,
        ("leaves_total", ("code", "1000")): 13, ("messages_received_total",): 14,
        ("bytes_received_total",): 15, ("messages_sent_total",): 21, ("bytes_sent_total",): 23,
        ("ready",): 1, ("recorder_queue_rows",): 16, ("recorder_queue_bytes",): 17,
        ("recorder_dropped_rows_total",): 18, ("recorder_failures_total",): 19,
        ("recorder_up",): 1, ("database_up",): 0, ("logins_total", ("result", "ok")): 24,
        ("open_sockets",): 25, ("sockets_refused_total", ("reason", "slow")): 26,
    }  # fmt: skip


class Paused:
    """Members that are not read from, and something that is counted."""

    def __init__(self, count: int, **counted: int) -> None:
        self._count = count
        vars(self).update(counted)

    def __len__(self) -> int:
        return self._count


def test_what_a_figure_means_is_a_sentence() -> None:
    """A monitor shows it beside the figure: half of it would mislead."""
    for family in Measured().metrics.registry.collect():
        assert family.documentation.endswith("."), family.name


def test_histograms_tell_a_second_from_a_moment() -> None:
    """All that takes longer than a moment would look the same."""
    bounds: dict[str, list[float]] = {}
    for family in Measured().metrics.registry.collect():
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                bounds.setdefault(family.name, []).append(float(sample.labels["le"]))
    seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, math.inf]
    assert bounds.pop("wschat_flush_bytes") == [*(4**power for power in range(4, 13)), math.inf]
    assert bounds.pop("wschat_loop_lag_seconds") == seconds
    assert set(bounds) == {f"wschat_{name}_seconds" for name in ("publish", "delivery", "flush")}
    assert all(found == [0.0005, *seconds] for found in bounds.values())


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Have the metrics' address taken by nobody; note where they are shown."""
    places: list[tuple[str, int]] = []

    def serve(host: str, port: int, *_: object) -> None:
        places.append((host, port))

    monkeypatch.setattr(module, "serve_pages", serve)
    return places


@pytest.mark.parametrize(
    ("worker", "address", "place"),
    [
        ("", "127.0.0.1:9100", ("127.0.0.1", 9100)),
        ("3", "[::1]:9100", ("::1", 9103)),
        ("blue", ":9100", ("0.0.0.0", 9100)),
        ("\N{SUPERSCRIPT TWO}", ":9100", ("0.0.0.0", 9100)),
    ],
)
def test_each_worker_has_a_port(
    monkeypatch: pytest.MonkeyPatch,
    served: list[tuple[str, int]],
    worker: str,
    address: str,
    place: tuple[str, int],
) -> None:
    """A monitor would see one worker of several, or none."""
    own = dataclasses.replace(this_process(), worker=worker)
    monkeypatch.setattr(module, "this_process", lambda: own)
    measured = Measured()
    measured.parts.listeners.remove(measured.metrics)
    measured.metrics.serve(address)
    assert served == [place]
    assert measured.metrics in measured.parts.listeners, "nothing would be measured"


def refuse(*_: object) -> None:
    raise OSError("taken")


def test_a_port_that_is_taken_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server would run that nobody watches."""
    monkeypatch.setattr(module, "serve_pages", refuse)
    with pytest.raises(SystemExit, match=r"^WSCHAT_METRICS_ADDRESS: cannot listen on .*: taken$"):
        Measured().metrics.serve("127.0.0.1:9100")


async def test_a_worker_waits_for_the_one_that_it_replaces(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After each deploy the new workers would be missing in the monitor."""
    own = dataclasses.replace(this_process(), worker="1")
    monkeypatch.setattr(module, "this_process", lambda: own)
    now, tries = 100.0, 0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    def serve(*where: object) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            refuse()
        assert where[:2] == ("127.0.0.1", 9101)

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now, sleep=sleep))
    monkeypatch.setattr(module, "serve_pages", serve)
    Measured().metrics.serve("127.0.0.1:9100")
    await until(lambda: tries == 3 and not of_metrics())
    assert (now, caplog.messages) == (102.0, [])
    monkeypatch.setattr(module, "serve_pages", refuse)
    now = 100.0
    Measured().metrics._serve_later(9101, "127.0.0.1")
    assert now == 100 + conf.drain_seconds + module.RETRY_FOR
    assert caplog.messages == ["no metrics: port 9101 of 127.0.0.1 stays taken"]


def of_metrics() -> list[threading.Thread]:
    """Return the threads that still try."""
    return [thread for thread in threading.enumerate() if "_serve_later" in thread.name]
