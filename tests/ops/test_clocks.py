"""A host whose clock is wrong writes moments by the database's, as all hosts read them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.utils import ConnectionHandler
from django.utils import timezone

from chat.config.conf import conf
from chat.config.database import read_database
from chat.door.door import Door
from chat.door.visitor import Visitor
from chat.models import Ban, Connection, LoggedMessage, Login, Minute, Sweep
from chat.models.ban import end_in
from chat.models.login import MOST_FOR_PAIR
from chat.ops.pulse import Pulse
from chat.ops.retention import delete_batch
from chat.ops.rows import connection_row
from chat.ops.watch import Watch
from chat.ops.writer import write_connections
from tests.fakes import fake_member
from tests.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from chat.ops.watch import Decisions

pytestmark = pytest.mark.processes


# Seconds that a step of these tests may take.
SOON = 30


@contextmanager
def a_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty one."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/room.sqlite3"
        return
    with postgres() as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def tables(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[dict[str, Any]]:
    """Make the tables in a real database of each kind; give its settings."""
    folder = tmp_path_factory.mktemp("clocks")
    with a_database(request.param, folder) as url:
        settings = read_database(url, folder)
        settings["OPTIONS"] = {k: v for k, v in settings["OPTIONS"].items() if k != "pool"}
        yield settings


@pytest.fixture(autouse=True)
def database(tables: dict[str, Any], django_db_blocker: Any) -> Iterator[None]:
    """Use it in place of the one of all other tests."""
    usual = connections["default"]
    with django_db_blocker.unblock():
        connections["default"] = ConnectionHandler({"default": tables})["default"]
        try:
            call_command("migrate", verbosity=0)
            for model in (Ban, Sweep, Connection, LoggedMessage, Login, Minute):
                model.objects.all().delete()
            yield
        finally:
            connections["default"].close()
            connections["default"] = usual


@pytest.fixture
def skew(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what sets this process's clock so many seconds off, and the wall clock with it."""
    real_time, real_now = time.time, timezone.now

    def set_off(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real_time() + seconds)
        monkeypatch.setattr(timezone, "now", lambda: real_now() + timedelta(seconds=seconds))

    return set_off


def is_now(moment: datetime) -> bool:
    return abs((timezone.now() - moment).total_seconds()) < SOON


@pytest.mark.parametrize("seconds", [-300, 300])
def test_who_joins_and_leaves_does_so_now(skew: Callable[[float], None], seconds: int) -> None:
    """Others would list people of tomorrow first, and sweep those who joined long ago."""
    skew(seconds)
    member, _ = fake_member()
    write_connections([connection_row(member)])
    write_connections([connection_row(member, code=1000, has_left=True)])
    skew(0)
    row = Connection.objects.get()
    assert row.left is not None
    assert all(map(is_now, (row.joined, row.last_seen, row.left)))


@pytest.mark.parametrize("seconds", [-300, 300])
def test_charts_count_a_minute_as_it_is(skew: Callable[[float], None], seconds: int) -> None:
    """What a process did would be in the charts five minutes ago, or not at all."""
    skew(seconds)
    room: Any = SimpleNamespace(members={"anna": None})
    tally: Any = SimpleNamespace(messages=0, refused=0)
    recorder: Any = SimpleNamespace(waiting=0, dropped=0)
    for _ in range(2):
        Pulse(room, tally, recorder, problems=dict).beat()
    skew(0)
    begins = list(Minute.objects.values_list("begin", flat=True))
    assert all(begin.second == begin.microsecond == 0 for begin in begins)
    assert all(-SOON < (timezone.now() - begin).total_seconds() < 60 + SOON for begin in begins)
    assert 1 <= len(begins) <= 2


def test_nothing_of_today_is_too_old(skew: Callable[[float], None]) -> None:
    """A host that was started with a clock of next year would delete everybody's log."""
    member, _ = fake_member()
    write_connections([connection_row(member, code=1000, has_left=True)])
    LoggedMessage.objects.create(sender=member.id, sent=timezone.now(), contents="kept")
    skew(86400 * 300)
    assert delete_batch(30) == 0


def a_watch() -> tuple[Watch, Door]:
    """Return the watch of one process, which applies at once what it reads."""
    door = Door(conf)

    def apply(decisions: Decisions) -> None:
        door.bans = decisions.bans

    return Watch(door, apply), door


def refuses(door: Door) -> str:
    refusal = door.refuse(Visitor(address="192.0.2.7"), 0)
    return refusal.reason if refusal else ""


def test_a_change_of_a_host_behind_is_noticed(skew: Callable[[float], None]) -> None:
    """Who was banned with another reason, or for longer, would stay as it was for five minutes."""
    skew(300)
    ban = Ban.objects.create(network="192.0.2.0/24", reason="first")
    other = Ban.objects.create(network="198.51.100.0/24", reason="other")
    here, door = a_watch()
    here.poll()
    assert refuses(door) == "banned: first"
    skew(-300)
    ban.reason = "second"
    ban.save()
    here.poll()
    assert refuses(door) == "banned: second"
    Sweep(whom="all", reason="third").ban([ban.network, other.network])
    here.poll()
    assert refuses(door) == "banned: second", "it holds for ever already"


@pytest.mark.parametrize("seconds", [-7200, 7200])
def test_a_ban_lasts_as_long_as_it_should(
    skew: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """A ban for an hour would end at once where a clock is ahead, and never where one is behind."""
    skew(seconds)
    until = end_in(hours=1)
    Ban.objects.create(network="192.0.2.0/24", reason="spam", until=until)
    skew(-seconds)
    here, door = a_watch()
    here.poll()
    assert refuses(door) == "banned: spam"
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + 3600 - SOON)
    assert refuses(door) == "banned: spam"
    monkeypatch.setattr(time, "monotonic", lambda: real() + 3600 + SOON)
    assert refuses(door) == ""


def test_a_lock_counts_the_tries_of_all_hosts(skew: Callable[[float], None]) -> None:
    """Where a clock is an hour off somebody could guess on."""
    for _ in range(MOST_FOR_PAIR):
        Login.objects.failed("eve", "192.0.2.7")
    skew(3600)
    assert Login.objects.lock("eve", "192.0.2.7") == "pair"
