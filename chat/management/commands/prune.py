from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chat.config.conf import conf
from chat.ops.retention import delete_batch

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Delete old connections and messages now."""

    help = "Delete connections and messages that are older than WSCHAT_RETENTION_DAYS."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another number of days than the setting's."""
        parser.add_argument(
            "--days", type=_days, default=conf.retention_days, help="keep so many days; 0: all"
        )

    def handle(self, *, days: int, **_: Any) -> None:
        """Delete in small batches, so that a server that runs meanwhile is not held up."""
        total = 0
        try:
            while deleted := delete_batch(days):
                total += deleted
        except DatabaseError as error:
            raise CommandError(f"deleted {total} rows, then: {error}") from None
        self.stdout.write(f"deleted {total} rows")


def _days(text: str) -> int:
    """Return a number of days that is not negative."""
    days = int(text)
    if days < 0:
        raise ValueError(text)
    return days
