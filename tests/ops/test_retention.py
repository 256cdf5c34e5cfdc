from __future__ import annotations

from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.models import Connection, LoggedMessage, Minute, ServerProcess
from chat.ops import retention
from chat.ops.retention import BATCH, ROW_BYTES, Retention, delete_batch, log_size

pytestmark = pytest.mark.django_db


@pytest.fixture
def logs() -> None:
    """Make rows of today and of forty days ago, more than one batch."""
    now = timezone.now()
    old = now - timedelta(days=40)
    for at in (now, old):
        LoggedMessage.objects.bulk_create(
            LoggedMessage(sender="m", sent=at, contents="x") for _ in range(BATCH + 1)
        )
        for left in (at, None):
            Connection.objects.create(
                member=f"{at} {left}",
                process="p",
                address="192.0.2.1",
                joined=at,
                left=left,
                last_seen=at,
            )
        Minute.objects.create(process="p", begin=at, messages=1)


def test_batches_are_small(logs: None) -> None:
    """Deleting a month at once would lock the database for minutes."""
    assert delete_batch(30) == BATCH + 1 + 1
    assert delete_batch(30) == 1
    assert delete_batch(30) == 0
    assert LoggedMessage.objects.count() == BATCH + 1


def test_those_still_in_the_room_stay(logs: None) -> None:
    """Somebody who has been in the room for long would vanish from the live list."""
    while delete_batch(30):
        pass
    assert Connection.objects.filter(left=None).count() == 2
    assert Connection.objects.exclude(left=None).count() == 1


def test_nothing_is_deleted_without_an_end(logs: None) -> None:
    """Who wants to keep everything would lose it."""
    while delete_batch(0):
        pass
    assert LoggedMessage.objects.count() == 2 * (BATCH + 1)
    assert Connection.objects.count() == 4


def test_prune(logs: None) -> None:
    """An operator who has to delete now could not."""
    out = StringIO()
    call_command("prune", "--days", "50", stdout=out)
    assert out.getvalue() == "deleted 1 rows\n", "of the charts, which show an hour"
    call_command("prune", "--days", "35", stdout=out)
    assert out.getvalue().endswith(f"\ndeleted {BATCH + 2} rows\n")
    assert LoggedMessage.objects.count() == BATCH + 1
    with pytest.raises(CommandError):
        call_command("prune", "--days", "-1")


def test_the_log_is_bounded_in_bytes(logs: None) -> None:
    """A week of floods would fill the disk long before a month is over."""
    assert log_size() == 2 * (BATCH + 1) * (ROW_BYTES + 1)
    most = 300 * (ROW_BYTES + 1)
    deleting = Retention(days=0, log_bytes=most)
    for _ in range(5):
        deleting.step()
    assert 0 < log_size() <= most
    LoggedMessage.objects.create(sender="m", sent=timezone.now(), contents="y" * most)
    deleting.step()
    assert log_size() > most  # nobody has told it
    deleting.wrote(1, most)
    deleting.step()
    assert LoggedMessage.objects.count() <= 1


def test_any_number_of_bytes_can_be_kept(logs: None) -> None:
    """Who has the disk for it would lose what is to be kept."""
    deleting = Retention(days=0, log_bytes=0)
    deleting.wrote(10**6, 10**9)
    for _ in range(3):
        deleting.step()
    assert LoggedMessage.objects.count() == 2 * (BATCH + 1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return a clock that is set by hand, just after a machine's start."""
    held = SimpleNamespace(now=0.0)
    monkeypatch.setattr(retention, "time", SimpleNamespace(monotonic=lambda: held.now))
    return held


def test_what_is_old_is_looked_for_once_an_hour(
    logs: None, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each second would read all of the log, or a month's rows be deleted in a month."""
    days: list[int] = []

    def delete(given: int) -> int:
        days.append(given)
        return delete_batch(given)

    monkeypatch.setattr(retention, "delete_batch", delete)
    deleting = Retention(days=30, log_bytes=0)
    for _ in range(9):
        deleting.step()
    assert days == [30] * 3, "until there is nothing left"
    clock.now += 3599
    deleting.step()
    assert len(days) == 3
    clock.now += 1
    deleting.step()
    deleting.step()
    assert len(days) == 4


def test_the_log_is_measured_when_it_has_grown(
    db: None, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log would be read to its end each second, or grow past its limit for an hour."""
    measured: list[float] = []

    def measure() -> int:
        measured.append(clock.now)
        return 0

    monkeypatch.setattr(retention, "log_size", measure)
    deleting = Retention(days=0, log_bytes=1600 * ROW_BYTES)
    deleting.step()
    deleting.wrote(99, ROW_BYTES)
    deleting.step()
    assert len(measured) == 1
    deleting.wrote(0, 1)
    deleting.step()
    deleting.step()
    assert len(measured) == 2


def test_only_what_is_too_much_is_deleted(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log would be emptied at its limit, or the newest of it be deleted."""
    monkeypatch.setattr(retention, "BATCH", 2)
    assert log_size() == 0
    for number in range(9):
        LoggedMessage.objects.create(sender="m", sent=timezone.now(), contents=str(number))
    deleting = Retention(days=0, log_bytes=6 * (ROW_BYTES + 1))
    for _ in range(9):
        deleting.step()
    assert [row.contents for row in LoggedMessage.objects.order_by("pk")] == [*"45678"]


def test_charts_and_ended_processes_are_kept_for_a_while(db: None) -> None:
    """The chart of the last hour would have holes, or both tables grow with every start."""
    now = timezone.now()
    for hours in (1, 1.9, 2.1):
        Minute.objects.create(process="p", begin=now - timedelta(hours=hours), messages=1)
    for hours in (1, 23.9, 24.1):
        stopped = now - timedelta(hours=hours)
        ServerProcess.objects.create(
            id=str(hours), pid=1, started=stopped, beat=stopped, stopped=stopped
        )
    ServerProcess.objects.create(id="runs", pid=1, started=now - timedelta(days=9), beat=now)
    assert delete_batch(0) == 2
    assert Minute.objects.count() == 2
    assert {row.id for row in ServerProcess.objects.all()} == {"1", "23.9", "runs"}
