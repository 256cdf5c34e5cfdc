from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands.createsuperuser import Command as DjangoCommand

from chat.serving.prepare import prepare


class Command(DjangoCommand):
    """Django's own, which also works before the first start."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Make the tables of the data folder first."""
        prepare()
        return super().execute(*args, **options)
