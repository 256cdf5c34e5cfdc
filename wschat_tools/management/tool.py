"""A tool as a command of `manage.py`: its own arguments and help, and nothing of Django's."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

if TYPE_CHECKING:
    from wschat_tools.arguments import Main


class ToolCommand(BaseCommand):
    """Runs the tool's `main` under a name, whatever it is asked for."""

    main: Main

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the tool as a process, to its end."""
        sys.exit(self.main(argv[2:], f"{argv[0]} {argv[1]}"))

    def print_help(self, prog_name: str, subcommand: str) -> None:
        """Print the tool's own help."""
        self.main(["--help"], f"{prog_name} {subcommand}")

    def handle(self, *arguments: str, **_: Any) -> None:
        """Run the tool within a program of Django's.

        Raises:
            SystemExit: it went wrong.

        """
        if code := self.main(arguments, "manage.py"):
            sys.exit(code)
