from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.models import Connection, LoggedMessage, Minute
from chat.ops.retention import BATCH, delete_batch

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
    call_command("prune", "--days", "35", stdout=out)
    assert out.getvalue() == f"deleted {BATCH + 3} rows\n"
    with pytest.raises(CommandError):
        call_command("prune", "--days", "-1")
