from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import models
from django.db.models.functions import Now

if TYPE_CHECKING:
    from django.db.models.expressions import CombinedExpression

# Seconds between two beats, and without one after which a process counts as dead.
BEAT_SECONDS: Final = 2.0
DEAD_SECONDS: Final = 6.0


class ServerProcessQuerySet(models.QuerySet["ServerProcess"]):
    """Processes by whether they are alive."""

    def alive(self) -> ServerProcessQuerySet:
        """Return those whose last beat is recent and that have not said that they stopped."""
        return self.filter(stopped=None, beat__gte=_latest_death())

    def dead(self) -> ServerProcessQuerySet:
        """Return those that ended without saying so, and that nobody has noticed yet."""
        return self.filter(stopped=None, beat__lt=_latest_death())


def _latest_death() -> CombinedExpression:
    """Return it by the database's clock, as all beats are: those of the hosts may differ."""
    return Now() - timedelta(seconds=DEAD_SECONDS)


class ServerProcess(models.Model):
    """One process of the server, from its start to its end."""

    id = models.CharField(max_length=32, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField("process id")
    worker = models.CharField(max_length=60, blank=True)
    version = models.CharField(max_length=30)
    started = models.DateTimeField()
    beat = models.DateTimeField("last heard of", db_index=True)
    stopped = models.DateTimeField(null=True)
    members = models.PositiveIntegerField(default=0)
    queued = models.PositiveIntegerField("rows waiting", default=0)
    dropped = models.PositiveBigIntegerField("rows dropped", default=0)
    problem = models.CharField(max_length=200, blank=True, default="", db_default="")

    objects = ServerProcessQuerySet.as_manager()

    class Meta:
        ordering = ("-started",)
        verbose_name_plural = "server processes"

    def __str__(self) -> str:
        return f"{self.host}:{self.worker or self.pid}"

    @property
    def uptime(self) -> timedelta:
        """From its start to its last beat, in whole seconds."""
        return timedelta(seconds=int((self.beat - self.started).total_seconds()))


def moment(seconds: float) -> datetime:
    """Return the time of so many seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
