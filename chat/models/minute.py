from __future__ import annotations

from django.db import models


class Minute(models.Model):
    """How many messages one process took within a minute, for the chart."""

    process = models.CharField(max_length=32)
    begin = models.DateTimeField(db_index=True)
    messages = models.PositiveBigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["process", "begin"], name="one_row_a_minute"),
        )

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}: {self.messages}"
