from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from chat.serving.prepare import prepare


class Command(BaseCommand):
    """Make all that serving needs, and serve nothing."""

    help = "Collect static files and bring the tables of the database up to date, whichever it is."

    def handle(self, **_: Any) -> None:
        """Prepare the data folder, then migrate."""
        prepare()
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write("ready: static files are collected, tables up to date")
