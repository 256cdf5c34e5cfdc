from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from chat.conf import conf
from chat.models import Connection, LoggedMessage, Minute, ServerProcess

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Few enough rows to hold the lock for some milliseconds only.
BATCH: Final = 500
PRUNE_EVERY: Final = 3600.0
# The chart shows an hour.
MINUTES_KEPT: Final = timedelta(hours=2)
PROCESSES_KEPT: Final = timedelta(days=1)


class Retention:
    """Deletes what is older than WSCHAT_RETENTION_DAYS, a little at a time, once an hour."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def step(self) -> None:
        """Delete one batch, if there is something to delete."""
        if time.monotonic() < self._next_at:
            return
        if not delete_batch(conf.retention_days):
            self._next_at = time.monotonic() + PRUNE_EVERY


def delete_batch(days: int) -> int:
    """Delete at most BATCH rows of each log that are too old; return how many were.

    `days` is how long connections and messages are kept, 0 for ever.
    """
    return sum(_delete(rows) for rows in _expired(days, timezone.now()))


def _expired(days: int, now: datetime) -> list[QuerySet[Any]]:
    expired: list[QuerySet[Any]] = [
        Minute.objects.filter(begin__lt=now - MINUTES_KEPT),
        ServerProcess.objects.filter(stopped__lt=now - PROCESSES_KEPT),
    ]
    if days:
        oldest = now - timedelta(days=days)
        # Who has been in the room for longer than that is still in it.
        gone = Connection.objects.filter(joined__lt=oldest).exclude(left=None)
        expired += [LoggedMessage.objects.filter(sent__lt=oldest), gone]
    return expired


def _delete(rows: QuerySet[Any]) -> int:
    keys = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
    if not keys:
        return 0
    deleted: int
    deleted, _ = rows.model.objects.filter(pk__in=keys).delete()
    return deleted
