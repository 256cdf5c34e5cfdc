from __future__ import annotations

from typing import Any

from daphne.management.commands.runserver import Command as DaphneCommand

from chat.serving.prepare import prepare
from chat.serving.server import Server


class Command(DaphneCommand):
    """Django's development server, with autoreload, on the same server as `serve`."""

    server_cls = Server

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Bring tables and static files up to date before Django looks at them."""
        prepare()
        super().inner_run(*args, **options)
