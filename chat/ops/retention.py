from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Sum
from django.db.models.functions import Coalesce, Length

from chat.config.conf import conf
from chat.models import Connection, LoggedMessage, Minute, ServerProcess
from chat.models.clock import database_now

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Few enough rows to hold the lock for some milliseconds only.
BATCH: Final = 500
PRUNE_EVERY: Final = 3600.0
# The chart shows an hour.
MINUTES_KEPT: Final = timedelta(hours=2)
PROCESSES_KEPT: Final = timedelta(days=1)
# What a message takes up in the database beside its contents.
ROW_BYTES: Final = 100
# The log is measured, which reads all of it, when it may have grown by this part of its limit.
GROWTH: Final = 16


class Retention:
    """Deletes what is too old or too much, a little at a time: once an hour, or when much is said.

    Args:
        days: how long connections and messages are kept, 0 for ever.
        log_bytes: how much of messages is kept, about, 0 for any number.

    """

    def __init__(self, days: int = conf.retention_days, log_bytes: int = conf.log_bytes) -> None:
        self._days = days
        self._log_bytes = log_bytes
        self._next_at = 0.0
        self._written = 0
        self._excess = 0
        self._is_pruning = False

    def wrote(self, rows: int, size: int) -> None:
        """Note that so many messages, of so many bytes of contents, were added to the log."""
        self._written += rows * ROW_BYTES + size

    def step(self) -> None:
        """Delete one batch, if there is something to delete."""
        has_grown = self._log_bytes and self._written > self._log_bytes / GROWTH
        if time.monotonic() >= self._next_at or has_grown:
            self._written = 0
            self._excess = log_size() - self._log_bytes if self._log_bytes else 0
            self._next_at = time.monotonic() + PRUNE_EVERY
            self._is_pruning = True
        if self._excess > 0:
            self._excess -= delete_oldest() or self._excess
        elif self._is_pruning:
            self._is_pruning = delete_batch(self._days) > 0


def delete_batch(days: int) -> int:
    """Delete at most BATCH rows of each log that are too old; return how many were.

    `days` is how long connections and messages are kept, 0 for ever.
    """
    return sum(_delete(rows) for rows in _expired(days, database_now()))


def log_size() -> int:
    """Return the bytes of the log of messages, about."""
    size = _size(LoggedMessage.objects.all())
    return size + ROW_BYTES * LoggedMessage.objects.count()


def delete_oldest() -> int:
    """Delete BATCH messages, the oldest; return how many bytes they were, about."""
    keys = list(LoggedMessage.objects.order_by("pk").values_list("pk", flat=True)[:BATCH])
    rows = LoggedMessage.objects.filter(pk__in=keys)
    size = _size(rows) + ROW_BYTES * len(keys)
    rows.delete()
    return size


def _size(rows: QuerySet[LoggedMessage]) -> int:
    size: int = rows.order_by().aggregate(size=Coalesce(Sum(Length("contents")), 0))["size"]
    return size


def _expired(days: int, now: datetime) -> list[QuerySet[Any]]:
    expired: list[QuerySet[Any]] = [
        Minute.objects.filter(begin__lt=now - MINUTES_KEPT),
        ServerProcess.objects.filter(stopped__lt=now - PROCESSES_KEPT),
    ]
    if days:
        oldest = now - timedelta(days=days)
        # Who has been in the room for longer than that is still in it. `sent` is what everybody was
        # told, by the clock of the sender's host.
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
