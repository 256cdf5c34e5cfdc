"""The command `wschat` of an installed package: an address, or `manage` and a command."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from chat.serving.arguments import read_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Do what the command line asks for."""
    manage(["wschat", *read_arguments(sys.argv[1:])])


def manage(arguments: Sequence[str]) -> None:
    """Run a management command of this project, whatever DJANGO_SETTINGS_MODULE the shell has."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "wschat_project.settings"
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - after that line
    from django.db import OperationalError, ProgrammingError  # noqa: PLC0415

    try:
        execute_from_command_line(list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (OperationalError, ProgrammingError) as error:
        sys.exit(
            f"the database refuses: {str(error).strip()}\nTables are made by: ./wschat --setup"
        )


if __name__ == "__main__":
    main()
