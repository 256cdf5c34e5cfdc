from __future__ import annotations

from django.db import models

from chat.models.timeline import TimelineQuerySet


class LoggedMessage(models.Model):
    """What somebody said, if WSCHAT_LOG_MESSAGES is on."""

    sender = models.CharField(max_length=36, db_index=True)
    sent = models.DateTimeField(db_index=True)
    contents = models.TextField()

    objects: TimelineQuerySet[LoggedMessage] = TimelineQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-sent", "-id")
        verbose_name = "message"

    def __str__(self) -> str:
        return self.contents if len(self.contents) <= 60 else self.contents[:60] + "…"
