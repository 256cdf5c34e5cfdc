from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from chat.config.conf import Conf
from chat.config.process import this_process
from chat.door.door import Door
from chat.models import Ban, Connection, Server, ServerProcess, Switches
from chat.ops import watch as module
from chat.ops.watch import Decisions, Watch
from tests.admin.crowd import come
from tests.fakes import until


class Heard:
    """What a watch handed on, by a clock of its own."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.decisions: list[Decisions] = []
        self.closed = 0
        self.door = Door(Conf())
        self.watch = Watch(self.door, self.decisions.append)
        patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))

    def close(self) -> None:
        """Count it."""
        self.closed += 1


def fail() -> None:
    raise ZeroDivisionError("table is locked")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    return Heard(monkeypatch)


@pytest.mark.django_db
def test_members_of_other_processes_count_whenever_the_limit_came(heard: Heard) -> None:
    """With the limits for the public, each worker would let in as many as all of them may."""
    come("192.0.2.1")
    come("192.0.2.1")
    come("192.0.2.1", has_left=True)
    come("2001:db8::1")
    come("2001:db8::2")
    here = come("192.0.2.1")
    Connection.objects.filter(pk=here.pk).update(process=this_process().id)
    ServerProcess.objects.create(
        id=this_process().id, pid=1, started=timezone.now(), beat=timezone.now()
    )
    heard.watch.poll()
    heard.door.max_per_address = 200
    heard.watch.poll()
    assert heard.watch.problem == ""
    counts = [dict(decisions.elsewhere_from) for decisions in heard.decisions]
    assert counts == [{}, {"192.0.2.1": 2, "2001:db8::/64": 2}]


@pytest.mark.django_db
def test_reads_what_was_decided(heard: Heard) -> None:
    """A switch or a ban would do nothing."""
    heard.watch.poll()
    Switches.objects.update_or_create(id=1, defaults={"slow_mode": 12, "lockdown": True})
    Ban.objects.create(network="192.0.2.0/24", reason="spam")
    ban = Ban.objects.create(network="198.51.100.7", until=timezone.now() + timedelta(hours=1))
    Ban.objects.create(network="203.0.113.0/24", until=timezone.now() - timedelta(hours=1))
    server = Server.objects.create(name="other", url="wss://other.example/")
    heard.watch.poll()
    assert server in Server.objects.remembered
    heard.watch.poll()
    before, after, again = heard.decisions
    assert (before.slow_mode, before.lockdown) == (0, False)
    assert before.bans.find("192.0.2.7", heard.now) is None
    assert (after.slow_mode, after.lockdown) == (12, True)
    found = after.bans.find("192.0.2.7", heard.now)
    assert found is not None
    assert "spam" in found.refusal
    assert after.bans.find("203.0.113.7", heard.now) is None
    assert after.bans.find("198.51.100.7", heard.now + 3500) is not None
    assert after.bans.find("198.51.100.7", heard.now + 3700) is None
    assert again.bans is after.bans, "they would be read, and everybody looked up, each second"
    ban.delete()
    server.delete()
    heard.watch.poll()
    assert heard.decisions[-1].bans.find("198.51.100.7", heard.now) is None


@pytest.mark.django_db
def test_a_database_that_fails_changes_nothing_and_is_told_of(
    heard: Heard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A hiccup would lift all bans, or a process without its database take people in."""
    heard.now = 0.0  # a machine that has just started
    assert heard.watch.problem == "has not answered yet"
    with monkeypatch.context() as patch:
        patch.setattr(module, "database", heard)
        patch.setattr(heard.watch, "_read", fail)
        for heard.now in (0.0, 59.9, 60.0):
            heard.watch.poll()
    assert heard.watch.problem == "table is locked"
    assert caplog.messages == ["cannot read bans and switches: table is locked"] * 2
    assert (heard.decisions, heard.closed) == ([], 3)
    heard.watch.poll()
    assert (heard.watch.problem, len(heard.decisions)) == ("", 1)
    heard.now += 5
    assert heard.watch.problem == ""
    heard.now += 1
    assert heard.watch.problem == "no answer for 6 s"


def test_looks_at_whether_the_file_is_the_same(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restore from a backup the bans of a file that is gone would hold."""

    def refuse() -> None:
        raise FileNotFoundError("gone")

    monkeypatch.setattr(heard.watch, "_file", SimpleNamespace(check=refuse))
    monkeypatch.setattr(module, "database", heard)
    heard.watch.poll()
    assert heard.watch.problem == "gone"


async def test_polls_at_once_when_something_was_decided(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kick or a ban would take a second, or the process not end."""
    polls: list[float] = []
    monkeypatch.setattr(heard.watch, "poll", lambda: polls.append(time.monotonic()))
    monkeypatch.setattr(module, "database", heard)
    monkeypatch.setattr(module, "POLL_SECONDS", 600.0)
    heard.watch.start()
    thread = heard.watch._thread
    heard.watch.wake()
    await until(lambda: len(polls) == 1)
    heard.watch.wake()
    await until(lambda: len(polls) == 2)
    assert thread.is_alive()
    assert thread.daemon, "a process that is not told to stop would never end"
    heard.watch.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert (len(polls), heard.closed) == (3, 1)


async def test_polls_by_itself(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was decided in another process would never hold here."""
    polls: list[Any] = []
    monkeypatch.setattr(heard.watch, "poll", lambda: polls.append(None))
    monkeypatch.setattr(module, "database", heard)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    heard.watch.start()
    await until(lambda: len(polls) > 3)
    heard.watch.stop()
    heard.watch._thread.join(5)
