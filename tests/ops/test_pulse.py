"""Whether a process is there, as the database has it."""

from __future__ import annotations

import dataclasses
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.config.process import this_process
from chat.models import Connection, Minute, ServerProcess, server_process
from chat.models.connection import LiveMember
from chat.ops import pulse
from chat.ops.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

pytestmark = pytest.mark.django_db


def make_pulse() -> Pulse:
    """Return the pulse of a process with one member."""
    room: Any = SimpleNamespace(members={"anna": None})
    tally: Any = SimpleNamespace(messages=0, refused=0)
    recorder: Any = SimpleNamespace(waiting=0, dropped=0)
    return Pulse(room, tally, recorder, problems=dict)


def add_member(name: str, process: str) -> None:
    """Write the row of somebody who is in the room."""
    now = timezone.now()
    Connection.objects.create(
        member=name, process=process, address="127.0.0.1", joined=now, last_seen=now
    )


def test_who_was_silent_and_beats_again_is_there_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators could not see, kick or count people of a process that was busy for six seconds."""
    own = this_process().id
    make_pulse().beat()
    add_member("anna", own)
    add_member("left before", own)
    Connection.objects.filter(member="left before").update(left=timezone.now(), code=1000)
    with monkeypatch.context() as patch:
        patch.setattr(server_process, "DEAD_SECONDS", -1)  # whoever has not beaten in the future
        bury_as_another()
    assert not LiveMember.objects.exists()
    make_pulse().beat()
    assert [member.member for member in LiveMember.objects.all()] == ["anna"]
    assert ServerProcess.objects.get(id=own).stopped is None
    back = Connection.objects.get(member="anna")
    assert (back.code, back.reason) == (None, "")


def bury_as_another() -> None:
    """Have another process notice who is silent."""
    own = this_process().id
    ServerProcess.objects.filter(id=own).update(id="other")
    Connection.objects.filter(process=own).update(process="other")
    Pulse._bury()
    Connection.objects.filter(process="other").update(process=own)
    ServerProcess.objects.filter(id="other").update(id=own)


@pytest.mark.parametrize("skew", [-300, 300])
def test_a_clock_that_is_wrong_hides_nobody(monkeypatch: pytest.MonkeyPatch, skew: int) -> None:
    """One host whose clock is five minutes off would empty the list of who is here."""
    make_pulse().beat()
    add_member("anna", this_process().id)
    now: Callable[[], datetime] = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=skew))
    assert [member.member for member in LiveMember.objects.all()] == ["anna"]
    make_pulse().beat()
    assert not ServerProcess.objects.dead().exists()
    monkeypatch.setattr(timezone, "now", now)
    assert [member.member for member in LiveMember.objects.all()] == ["anna"]
    monkeypatch.setattr(server_process, "DEAD_SECONDS", -1)
    assert ServerProcess.objects.dead().exists()


@pytest.mark.parametrize("skew", [-300, 300])
def test_a_process_with_a_wrong_clock_runs_for_as_long_as_it_does(
    monkeypatch: pytest.MonkeyPatch, skew: int
) -> None:
    """The list of processes would show one that was started tomorrow, or long before it was."""
    started = dataclasses.replace(this_process(), started=time.time() - 30 + skew)
    real = time.time
    monkeypatch.setattr(pulse, "this_process", lambda: started)
    monkeypatch.setattr(time, "time", lambda: real() + skew)
    make_pulse().beat()
    assert 30 <= ServerProcess.objects.get(id=started.id).uptime.total_seconds() < 90


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return a clock that is set by hand, just after a machine's start."""
    held = SimpleNamespace(now=0.0, today=time.time())
    asked = SimpleNamespace(monotonic=lambda: held.now, time=lambda: held.today)
    monkeypatch.setattr(pulse, "time", asked)
    return held


def test_tells_what_the_process_has(clock: SimpleNamespace) -> None:
    """Operators would see a process that waits, loses rows or is not ready as one that is well."""
    beating = make_pulse()
    room, recorder = beating._room, beating._recorder
    beating._problems = lambda: {"database": "gone", "layer": "x" * 300}
    room.members = dict.fromkeys("abc")  # type: ignore[assignment]
    recorder.waiting, recorder.dropped = 4, 5  # type: ignore[misc]
    beating.beat()
    own = this_process()
    row = ServerProcess.objects.get()
    assert (row.id, row.host, row.pid, row.worker) == (own.id, own.host, own.pid, own.worker)
    assert row.version == own.version
    assert (row.members, row.queued, row.dropped) == (3, 4, 5)
    assert row.problem == ("database: gone; layer: " + "x" * 300)[:200]
    assert row.stopped is None
    recorder.waiting = 6  # type: ignore[misc]
    clock.now += 1.9
    beating.beat()
    assert ServerProcess.objects.get().queued == 4
    clock.now += 0.1
    beating.beat()
    assert ServerProcess.objects.get().queued == 6


def test_a_long_name_of_a_worker_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL would refuse the process's row, so that nobody knew of it."""
    own = dataclasses.replace(this_process(), worker="w" * 70)
    monkeypatch.setattr(pulse, "this_process", lambda: own)
    make_pulse().beat()
    assert ServerProcess.objects.get().worker == "w" * 60


def test_a_stop_is_told(clock: SimpleNamespace) -> None:
    """A process that was stopped would be taken for one that died."""
    ending = make_pulse()
    ending.beat()
    ending._recorder.waiting = 7  # type: ignore[misc]
    ending.end()
    row = ServerProcess.objects.get()
    assert row.stopped is not None
    assert row.queued == 7


def test_the_chart_has_what_happened_in_each_minute(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chart would count everything anew each second, or show a storm as a quiet minute."""
    begin = timezone.now().replace(second=0, microsecond=0)
    monkeypatch.setattr(pulse, "database_now", lambda: begin + timedelta(seconds=7, microseconds=9))
    beating = make_pulse()
    tally = beating._tally
    told = []
    for messages, refused, members in [(2, 1, 5), (2, 1, 3), (7, 1, 4), (7, 9, 4), (7, 9, 6)]:
        tally.messages, tally.refused = messages, refused  # type: ignore[misc]
        beating._room.members = dict.fromkeys(range(members))  # type: ignore[assignment,arg-type]
        clock.now += 2
        beating.beat()
        [row] = Minute.objects.all()
        told.append((row.messages, row.refused, row.members))
    assert told == [(2, 1, 5), (2, 1, 5), (7, 1, 5), (7, 9, 5), (7, 9, 6)]
    assert (row.begin, row.process) == (begin, this_process().id)
    Minute.objects.update(process="another")
    begin += timedelta(minutes=1)
    tally.messages = 8  # type: ignore[misc]
    clock.now += 2
    beating.beat()
    row = Minute.objects.get(process=this_process().id)
    assert (row.begin, row.messages, row.refused, row.members) == (begin, 1, 0, 6)


def test_an_idle_process_writes_its_own_row_and_nothing_else(clock: SimpleNamespace) -> None:
    """An idle server would spend most of its processor time on its database."""
    beating = make_pulse()
    beating.beat()
    clock.now += 2
    with CaptureQueriesContext(connection) as queries:
        beating.beat()
    statements = [query["sql"].split()[0] for query in queries]
    assert [name for name in statements if name not in ("SAVEPOINT", "RELEASE")] == ["UPDATE"]
    clock.now += 2
    clock.today += 60
    with CaptureQueriesContext(connection) as queries:
        beating.beat()
    assert any("chat_minute" in query["sql"] for query in queries), "the chart would have gaps"


def test_what_could_not_be_written_is_counted_later(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that was locked for a moment would lose messages from the chart."""
    beating = make_pulse()
    beating.beat()
    beating._tally.messages = 3  # type: ignore[misc]
    clock.now += 2
    with monkeypatch.context() as patch:
        patch.setattr(Minute.objects, "get_or_create", _fail)
        with pytest.raises(OperationalError):
            beating.beat()
    beating.beat()
    assert sum(row.messages for row in Minute.objects.all()) == 3


def _fail(**_: Any) -> None:
    raise OperationalError("locked")


def test_who_died_is_noticed_by_whoever_comes_first(clock: SimpleNamespace) -> None:
    """People of a process that crashed would stay in the list for ever, or leave it twice."""
    beating = make_pulse()
    beating.beat()
    long_ago = timezone.now() - timedelta(hours=1)
    for name in ("dead", "well"):
        at = timezone.now() if name == "well" else long_ago
        ServerProcess.objects.create(id=name, pid=1, started=long_ago, beat=at)
        add_member(f"of the {name}", name)
    add_member("gone before", "dead")
    Connection.objects.filter(member="gone before").update(left=long_ago, code=1000)
    clock.now += 4.9
    beating.beat()
    assert ServerProcess.objects.get(id="dead").stopped is None, "not yet"
    clock.now += 2
    beating.beat()
    assert ServerProcess.objects.get(id="dead").stopped == long_ago
    assert ServerProcess.objects.get(id="well").stopped is None
    assert Connection.objects.get(member="of the well").left is None
    gone = Connection.objects.get(member="of the dead")
    assert (gone.left, gone.code, gone.reason) == (long_ago, 1006, "its server process ended")
    before = Connection.objects.get(member="gone before")
    assert (before.code, before.reason) == (1000, "")


def test_a_process_does_not_bury_itself() -> None:
    """One that was silent for long would close its own people's rows, and count them twice."""
    beating = make_pulse()
    beating.beat()
    add_member("anna", this_process().id)
    ServerProcess.objects.update(beat=timezone.now() - timedelta(hours=1))
    beating._bury()
    assert Connection.objects.get().left is None
