"""What runs beside the room: it starts once, tells how it is, and steers the room from outside."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest

from chat.config.conf import Conf
from chat.config.process import this_process
from chat.door.bans import BanList, BannedNetwork
from chat.door.visitor import Visitor
from chat.models import LoggedMessage
from chat.models.server_process import moment
from chat.ops import operations as module
from chat.ops.connection_log import ConnectionLog
from chat.ops.operations import NotServingError, Operations, the_operations
from chat.ops.watch import Decisions
from chat.protocol.frames import payloads
from chat.protocol.messages import BANNED, Action, encode
from chat.serving.assembly import make_room, the_parts
from tests.fakes import FakeTransport, HeldLayer, join, until


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Operations:
    """Return those of a room that keeps nine messages, before anything was read."""
    settings = replace(Conf(), history=9, log_messages=True)
    monkeypatch.setattr(module, "conf", settings)
    made = Operations(make_room(HeldLayer(), settings))
    made.watch._error = ""
    made.watch._answered_at = float("inf")
    return made


@pytest.fixture
def steps(operations: Operations, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have it note what it starts and stops instead of doing it."""
    taken: list[str] = []
    for part in ("watch", "recorder"):
        for step in ("start", "stop", "wake", "poll"):
            if hasattr(getattr(operations, part), step):
                note = lambda name=f"{part} {step}": taken.append(name)  # noqa: E731
                monkeypatch.setattr(getattr(operations, part), step, note)
    registered = SimpleNamespace(register=lambda stop: taken.append(f"at exit {stop.__name__}"))
    monkeypatch.setattr(module, "atexit", registered)
    monkeypatch.setattr(module, "database", SimpleNamespace(close=lambda: taken.append("close")))
    return taken


def test_starts_once(operations: Operations, steps: list[str]) -> None:
    """Everybody would be counted and written down twice, or nobody before the first message."""
    operations.watch._error = "gone"
    before = list(operations.parts.listeners)
    for _ in range(2):
        operations.start()
    began = ["watch poll", "close", "watch start", "recorder start", "at exit stop"]
    assert steps == began
    added = operations.parts.listeners[len(before) :]
    assert added[:3] == [operations, operations.tally, operations.recorder]
    assert [type(each) for each in added[3:]] == [ConnectionLog]
    operations.stop()
    assert steps[len(began) :] == ["watch stop", "recorder stop"]


def test_shows_its_metrics_where_they_are_wanted(
    operations: Operations, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monitor would see a server that is down, or no lag of its loop."""
    told: list[Any] = []
    vitals = SimpleNamespace(watch=told.append)
    shown = SimpleNamespace(serve=told.append, vitals=vitals)
    monkeypatch.setattr(operations, "metrics", lambda: shown)
    monkeypatch.setattr(module, "conf", replace(Conf(), metrics_address="127.0.0.1:9100"))
    operations.start()
    loop: Any = object()
    operations.serve_on(loop)
    assert told == ["127.0.0.1:9100", loop]
    assert operations.loop is loop
    assert steps[0] == "watch poll"


def test_tells_what_keeps_it_from_being_ready(operations: Operations) -> None:
    """Newcomers would be led to a process that cannot take them, or operators not know why."""
    assert operations.problems == {}
    own = str(this_process())
    assert operations.detail == {"ready": True, "problems": {}, "process": own}
    operations.recorder.problem = "disk full"
    told = {"ready": True, "problems": {"recorder": "disk full"}, "process": own}
    assert operations.detail == told
    assert operations.recorder._pulse._problem == ""
    operations.watch._error = "no database"
    operations.parts.relay.fault = "no layer"  # type: ignore[misc]
    operations.parts.closing.is_closing = True
    found = {"database": "no database", "layer": "no layer", "server": "draining"}
    assert operations.problems == found
    assert not operations.detail["ready"]
    assert operations.recorder._pulse._problem.startswith("database: no database; layer: ")


def test_a_decision_elsewhere_is_read_at_once(operations: Operations, steps: list[str]) -> None:
    """A ban would hold in the other processes a second later only, or any order look at bans."""
    assert operations.ordered("reload", {})
    assert not operations.ordered("kick", {})
    assert steps == ["watch wake"]


async def test_steers_the_room_from_another_thread(operations: Operations) -> None:
    """What an operator does on a page would be lost, or hang."""
    done: list[asyncio.AbstractEventLoop] = []

    async def act(seconds: float = 0.0) -> None:
        await asyncio.sleep(seconds)
        done.append(asyncio.get_running_loop())

    action = act()
    with pytest.raises(NotServingError, match=r"^only a process .* can do that$"):
        operations.steer(action)
    with pytest.raises(RuntimeError, match="reuse"):
        await action
    here = asyncio.get_running_loop()
    operations.serve_on(here)
    await asyncio.to_thread(operations.steer, act())
    assert done == [here]
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(operations.steer, act(60), 0.01)


@pytest.fixture
def _logged(db: None) -> None:
    LoggedMessage.objects.bulk_create(
        LoggedMessage(sender="anna", contents=str(number), sent=moment(number))
        for number in range(12)
    )


@pytest.mark.usefixtures("_logged")
def test_a_restart_forgets_nothing_of_the_history(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newcomers after a restart would see none of what was said, or see it backwards."""
    operations._read_first()
    kept = list(payloads(operations.parts.history.last(99, b"")))
    assert kept == [encode("anna", Action.CHAT, str(number), number) for number in range(3, 12)]
    for settings, error in [
        (replace(Conf(), history=0, log_messages=True), ""),
        (replace(Conf(), history=9, log_messages=False), ""),
        (replace(Conf(), history=9, log_messages=True), "gone"),
    ]:
        monkeypatch.setattr(module, "conf", settings)
        other = Operations(make_room(HeldLayer(), replace(Conf(), history=9)))
        monkeypatch.setattr(other.watch, "poll", dict)
        other.watch._error, other.watch._answered_at = error, float("inf")
        other._read_first()
        assert other.parts.history.last(99, b"") == b""


async def test_what_is_decided_holds_in_the_room(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody banned would talk on, or everybody be told of slow mode each second."""
    parts = operations.parts
    slowed: list[int] = []
    monkeypatch.setattr(parts.steering, "set_slow_mode", slowed.append)
    anna, bert = FakeTransport(), FakeTransport()
    join(parts, anna, Visitor(address="192.0.2.7"))
    join(parts, bert, Visitor(address="198.51.100.7"))
    bans = BanList([BannedNetwork(ip_network("192.0.2.0/24"), "spam", None)])
    decided = Decisions(bans, slow_mode=12, lockdown=True, elsewhere_from={"a": 1})
    operations._hand_over(Decisions())
    assert slowed == []
    operations._hand_over(decided)
    assert [code for code, _ in anna.closed] == [BANNED]
    late = FakeTransport()
    join(parts, late, Visitor(address="192.0.2.7"))
    operations._hand_over(decided)
    assert late.closed == [], "everybody would be looked up each second"
    assert (parts.door.bans, parts.door.is_locked) == (bans, True)
    assert parts.door.elsewhere_from == {"a": 1}
    assert slowed == [12]
    assert b"banned: spam" in (anna.closed[0][1] or b"")
    assert bert.closed == []
    operations.serve_on(asyncio.get_running_loop())
    operations._hand_over(Decisions())
    assert parts.door.is_locked, "it is the room's thread that applies it"
    await until(lambda: not parts.door.is_locked)
    assert slowed == [12, 0]


def test_a_loop_that_has_ended_is_told_nothing(operations: Operations) -> None:
    """Each stop would leave a traceback in the log."""
    loop = asyncio.new_event_loop()
    operations.serve_on(loop)
    loop.close()
    operations._hand_over(Decisions(lockdown=True))
    assert not operations.parts.door.is_locked


async def test_nobody_is_put_out_by_a_ban_that_has_ended(operations: Operations) -> None:
    """A ban for an hour would hold for as long as the process runs."""
    socket = FakeTransport()
    join(operations.parts, socket, Visitor(address="192.0.2.7"))
    ended = BannedNetwork(ip_network("192.0.2.0/24"), "spam", 0.0)
    operations._hand_over(Decisions(BanList([ended])))
    assert socket.closed == []


def test_a_process_has_one_room_and_one_of_all_beside_it() -> None:
    """What is counted, and who is put out, would be of a room that nobody is in."""
    assert the_operations() is the_operations()
    assert the_operations().parts is the_parts()
