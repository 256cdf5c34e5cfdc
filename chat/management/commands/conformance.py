from __future__ import annotations

import asyncio
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from chat.conformance import CHECKS, GoneError, Runner, Status
from chat.conformance.as_json import as_json
from chat.conformance.runner import TIMEOUT_SECONDS
from chat.conformance.table import show, show_list
from chat.load import BadAddressError, LoadError, parse_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.management.base import CommandParser

    from chat.conformance import Check, Outcome

INTERRUPTED = 130


class Command(BaseCommand):
    """Check any wschat server against the rules of the protocol."""

    help = (
        "Check any wschat server against each rule of docs/protocol.md. Exit code 0: no must "
        "fails; 1: one does, or there is no server; 2: wrong usage; 130: Ctrl-C."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address and what to check."""
        self.parser = parser
        add = parser.add_argument
        add("address", metavar="ws://HOST:PORT", nargs="?", help="the server")
        add("--json", action="store_true", help="print JSON in place of the table")
        add("--only", action="append", metavar="NAME", help="only this check; repeatable")
        add("--list", action="store_true", help="print the checks and their rules, and end")
        add(
            "--timeout",
            type=float,
            default=TIMEOUT_SECONDS,
            metavar="SECONDS",
            help="how long to wait for anything (%(default)s)",
        )

    def handle(self, **options: Any) -> None:
        """Check, print, and end with the code that says how it went."""
        stdout = Console(
            file=sys.stdout,
            highlight=False,
            no_color=options["no_color"] or None,
            force_terminal=options["force_color"] or None,
        )
        checks = self._checks(options["only"])
        if options["list"]:
            show_list(checks, stdout)
            return
        if not options["address"]:
            self.parser.error("the address is missing, expected ws://HOST:PORT")
        if not 0 < options["timeout"] < 1e6:
            self.parser.error(f"--timeout: got {options['timeout']:g}, expected more than 0")
        try:
            runner = Runner(parse_address(options["address"]), options["timeout"])
            outcomes = asyncio.run(run(runner, checks))
        except BadAddressError as error:
            self.parser.error(str(error))
        except (LoadError, GoneError) as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        passed = not any(o.status in {Status.FAIL, Status.NOT_RUN} for o in outcomes)
        if options["json"]:
            self.stdout.write(as_json(options["address"], outcomes, passed=passed))
        else:
            show(outcomes, stdout)
        sys.exit(int(not passed))

    def _checks(self, only: list[str] | None) -> list[Check]:
        for name in only or ():
            if name not in CHECKS:
                near = get_close_matches(name, CHECKS, n=1)
                hint = f", did you mean {near[0]}?" if near else ", see --list"
                self.parser.error(f"--only: got {name}, which is no check{hint}")
        return [check for name, check in CHECKS.items() if not only or name in only]


async def run(runner: Runner, checks: Sequence[Check]) -> list[Outcome]:
    """Run checks with a progress bar, if somebody is looking.

    Raises:
        GoneError: nobody can join the server.

    """
    console = Console(stderr=True)
    await runner.knock()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with progress:
        task = progress.add_task("", total=len(checks))
        return await runner.run(
            checks, lambda outcome: progress.update(task, advance=1, description=outcome.check.name)
        )
