from __future__ import annotations

from django.conf import settings
from django.db import models


class Announcement(models.Model):
    """Something that an operator said to everybody in the name of the system."""

    text = models.TextField(
        max_length=2000, help_text="Everybody in the room sees this as a message from the system."
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL
    )
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-made",)

    def __str__(self) -> str:
        return self.text if len(self.text) <= 60 else self.text[:60] + "…"
