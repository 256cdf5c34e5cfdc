from __future__ import annotations

from django.db import models

from chat.models.server_process import ServerProcess
from chat.models.timeline import TimelineQuerySet


class ConnectionQuerySet(TimelineQuerySet["Connection"]):
    """Connections by whether they are alive."""

    def live(self) -> ConnectionQuerySet:
        """Return those that have not left, of processes that are alive."""
        alive = ServerProcess.objects.alive().values("id")
        return self.filter(left=None, process__in=alive)


class Connection(models.Model):
    """Somebody who is or was in the room. The recorder writes these rows, nobody else does."""

    member = models.CharField("member", max_length=36, unique=True)
    process = models.CharField(max_length=32)
    address = models.CharField(max_length=60, db_index=True)
    user_agent = models.CharField(max_length=300, blank=True)
    origin = models.CharField(max_length=300, blank=True)
    joined = models.DateTimeField(db_index=True)
    left = models.DateTimeField(null=True, blank=True)
    code = models.PositiveSmallIntegerField("close code", null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    messages = models.PositiveBigIntegerField("messages in", default=0)
    bytes = models.PositiveBigIntegerField("bytes in", default=0)
    last_seen = models.DateTimeField()
    backlog = models.PositiveBigIntegerField(default=0)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ("-joined", "-id")
        permissions = (("kick_connection", "Can kick members"),)
        indexes = (
            models.Index(
                fields=["process"], condition=models.Q(left=None), name="connection_not_left"
            ),
            models.Index(fields=["code", "-joined"], name="connection_by_code"),
        )

    def __str__(self) -> str:
        return f"{self.member} from {self.address}"


class LiveMemberManager(models.Manager["LiveMember"]):
    """Sees only who is in the room."""

    def get_queryset(self) -> models.QuerySet[LiveMember]:
        """Return the connections that are alive."""
        alive = ServerProcess.objects.alive().values("id")
        return super().get_queryset().filter(left=None, process__in=alive)


class LiveMember(Connection):
    """Somebody who is in the room now, in whichever process."""

    objects = LiveMemberManager()  # type: ignore[assignment,misc]

    class Meta:
        proxy = True
        ordering = ("-joined", "-id")
        verbose_name = "member in the room"
        verbose_name_plural = "members in the room"
