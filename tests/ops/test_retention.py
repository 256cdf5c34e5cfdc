from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.models import Connection, LoggedMessage, Minute
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
    retention = Retention(days=0, log_bytes=most)
    for _ in range(5):
        retention.step()
    assert 0 < log_size() <= most
    LoggedMessage.objects.create(sender="m", sent=timezone.now(), contents="y" * most)
    retention.step()
    assert log_size() > most  # nobody has told it
    retention.wrote(1, most)
    retention.step()
    assert LoggedMessage.objects.count() <= 1


def test_any_number_of_bytes_can_be_kept(logs: None) -> None:
    """Who has the disk for it would lose what is to be kept."""
    retention = Retention(days=0, log_bytes=0)
    retention.wrote(10**6, 10**9)
    for _ in range(3):
        retention.step()
    assert LoggedMessage.objects.count() == 2 * (BATCH + 1)
