from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.db import models


class LogAddress(models.Model):
    """The address from which an operator did what an entry of the audit trail says."""

    entry = models.OneToOneField(
        LogEntry, primary_key=True, on_delete=models.CASCADE, related_name="origin"
    )
    address = models.CharField(max_length=60, db_index=True)

    def __str__(self) -> str:
        return self.address
