from __future__ import annotations

import asyncio
import resource
import signal
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from rich.console import Console

from chat.load import BadAddressError, LoadError, parse_address
from chat.loadtest import Plan, Run
from chat.loadtest.as_json import as_json
from chat.loadtest.file import TO_STDOUT, writable, write
from chat.loadtest.plan import DURATION_SECONDS, TEST_TIMEOUT_SECONDS, PlanError
from chat.loadtest.progress import shown
from chat.loadtest.summary import show

if TYPE_CHECKING:
    from pathlib import Path

    from django.core.management.base import CommandParser

    from chat.load import Address
    from chat.loadtest import Report

INTERRUPTED = 130
SPARE_FILES = 64


class Command(BaseCommand):
    """Put load on any wschat server and say how it bears it."""

    help = (
        "Join any wschat server with many connections, chat, and say what came back and how fast. "
        "Exit code 0: done (with --test: all came back); 1: not; 2: wrong usage; 130: Ctrl-C."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options of the family's own tester, and more."""
        self.parser = parser
        add = parser.add_argument
        add("address", metavar="ws://HOST:PORT", help="the server")
        add("-c", "--connections", type=int, default=1, metavar="N", help="members (%(default)s)")
        add("--mpc", type=int, default=1, metavar="N", help="messages per connection (%(default)s)")
        add("--same-start", action="store_true", help="chat only once all have joined")
        add("--senders", type=int, default=0, metavar="N", help="so many of them chat (all)")
        add("--size", type=int, default=64, metavar="BYTES", help="of contents (%(default)s)")
        add("--ramp", type=float, metavar="N", help="connections per second (as fast as they go)")
        add("--rate", type=float, metavar="N", help="chats per second in all, whatever comes back")
        add(
            "--duration",
            type=float,
            metavar="SECONDS",
            help=f"chat so long ({DURATION_SECONDS:g} with --rate); without --rate: four under way "
            "per sender, the next as one returns",
        )
        add("--test", action="store_true", help="fail unless everything that was sent comes back")
        add(
            "--test-timeout",
            type=float,
            default=TEST_TIMEOUT_SECONDS,
            metavar="SECONDS",
            help="how long to wait for joins and for what is due (%(default)s)",
        )
        add("--time", action="store_true", help="print the seconds it took and nothing else")
        add("--json", type=writable, metavar="FILE", help="write all figures; -: here")

    def handle(self, **options: Any) -> None:
        """Run, print, and end with the code that says how it went."""
        plan = self._plan(options)
        stdout = Console(
            file=sys.stdout,
            highlight=False,
            no_color=options["no_color"] or None,
            force_terminal=options["force_color"] or None,
        )
        try:
            report = self._run(parse_address(options["address"]), plan)
        except BadAddressError as error:
            self.parser.error(str(error))
        except LoadError as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        self._print(report, stdout, options)
        sys.exit(exit_code(report, test=options["test"]))

    def _plan(self, options: dict[str, Any]) -> Plan:
        names = ("connections", "mpc", "same_start", "rate", "duration", "size", "senders", "ramp")
        plan = Plan(**{name: options[name] for name in names}, patience=options["test_timeout"])
        try:
            plan.check()
        except PlanError as error:
            self.parser.error(str(error))
        most = raise_file_limit() - SPARE_FILES
        if plan.connections > most:
            self.parser.error(
                f"--connections: got {plan.connections}, this system allows {most} (ulimit -n)"
            )
        return plan

    def _run(self, address: Address, plan: Plan) -> Report:
        return asyncio.run(run(Run(address, plan)))

    def _print(self, report: Report, stdout: Console, options: dict[str, Any]) -> None:
        path: Path | None = options["json"]
        to_stdout = path == TO_STDOUT
        if path and not to_stdout:
            write(path, as_json(report) + "\n")
        elif to_stdout:
            self.stdout.write(as_json(report))
        if options["time"]:
            stdout.print(f"{report.seconds:f}")
        elif not to_stdout:
            show(report, stdout, test=options["test"])


async def run(load: Run) -> Report:
    """Run with a progress bar; Ctrl-C ends it early, with what there is.

    Raises:
        KeyboardInterrupt: if that was nothing.
        LoadError: if not even the first connection could join.

    """
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, load.interrupt)
    try:
        async with shown(load, Console(stderr=True)):
            return await load.run()
    except LoadError:
        if load.interrupted:
            raise KeyboardInterrupt from None
        raise


def exit_code(report: Report, *, test: bool) -> int:
    """Return the exit code for an outcome; an empty room at the end is never a success."""
    if report.interrupted:
        return INTERRUPTED
    return int(not report.present or (test and not report.passed))


def raise_file_limit() -> int:
    """Allow as many sockets as the system does, and return how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return 1 << 31 if hard == resource.RLIM_INFINITY else hard
