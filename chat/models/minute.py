from __future__ import annotations

from django.db import models


class Minute(models.Model):
    """What one process saw within a minute, for the charts; `members` is the most at one time."""

    process = models.CharField(max_length=32)
    begin = models.DateTimeField(db_index=True)
    messages = models.PositiveBigIntegerField()
    members = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["process", "begin"], name="one_row_a_minute"),
        )

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}: {self.messages}"
