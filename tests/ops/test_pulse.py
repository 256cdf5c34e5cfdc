"""Whether a process is there, as the database has it."""

from __future__ import annotations

import dataclasses
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from chat.config.process import this_process
from chat.models import Connection, ServerProcess, server_process
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
    started = dataclasses.replace(this_process(), started=time.time() + skew)
    real = time.time
    monkeypatch.setattr(pulse, "this_process", lambda: started)
    monkeypatch.setattr(time, "time", lambda: real() + skew)
    make_pulse().beat()
    assert 0 <= ServerProcess.objects.get(id=started.id).uptime.total_seconds() < 60
