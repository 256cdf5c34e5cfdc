"""The command line: what to do, how to show it, and the exit code that says how it went."""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from wschat_tools.arguments import (
    INTERRUPTED,
    TO_STDOUT,
    make_parser,
    parse,
    printing,
    read_address,
    writable,
    write,
)
from wschat_tools.load import LoadError
from wschat_tools.load.speakers import SMALLEST
from wschat_tools.loadtest.as_json import as_json
from wschat_tools.loadtest.page import as_html
from wschat_tools.loadtest.plan import (
    DURATION_SECONDS,
    LARGEST,
    TEST_TIMEOUT_SECONDS,
    Plan,
    PlanError,
)
from wschat_tools.loadtest.progress import shown
from wschat_tools.loadtest.run import Run
from wschat_tools.loadtest.summary import show

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from wschat_tools.loadtest.report import Report

SPARE_FILES = 64
SIZE_HELP = f"of contents, {SMALLEST} to {LARGEST} (%(default)s)"

DESCRIPTION = """
Joins any wschat server, in whatever language, with many connections, chats, verifies what comes
back to each member, and says how fast that was. Members join (--ramp), chat as long as --duration
says or as much as --mpc, and close. Exit code 0: done (with --test: all came back); 1: not, or no
server is there; 2: wrong usage; 130: Ctrl-C, after printing what there is."""
EXAMPLES = """examples:
  PROGRAM ws://127.0.0.1:8000 -c 1000 --mpc 10 --same-start --test
  PROGRAM ws://127.0.0.1:8000 -c 100 --rate 200 --duration 30 --html load.html
  PROGRAM wss://chat.example.org -c 10 --idle 500 --reconnect 50 --slow 3 --rate 20 --json -
"""


def loadtest_parser(program: str) -> argparse.ArgumentParser:
    """Return what reads the arguments of `program`: those of the family's own tester, and more."""
    parser = make_parser(program, DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("-c", "--connections", type=int, default=1, metavar="N", help="members (%(default)s)")
    add("--idle", type=int, default=0, metavar="N", help="more members, who only listen")
    add("--slow", type=int, default=0, metavar="N", help="more members, who read 16 KiB a second")
    add("--mpc", type=int, metavar="N", help="messages per connection (1)")
    add("--same-start", action="store_true", help="chat only once all have joined")
    add("--senders", type=int, default=0, metavar="N", help="so many of -c chat (all)")
    add("--size", type=int, default=64, metavar="BYTES", help=SIZE_HELP)
    add("--ramp", type=float, metavar="N", help="connections per second (as fast as they go)")
    add(
        "--reconnect",
        type=float,
        metavar="N",
        help="so many of those that do not chat leave and come back a second",
    )
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
    add("--html", type=writable, metavar="FILE", help="write a page with pictures; -: here")
    return parser


@printing
def main(arguments: Sequence[str], program: str) -> int:
    """Run, print, and return the exit code."""
    parser = loadtest_parser(program)
    options = parse(parser, arguments)
    plan = make_plan(parser, options)
    try:
        report = asyncio.run(run(Run(read_address(parser, options), plan)))
    except LoadError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    tell(report, options)
    return exit_code(report, test=options.test)


def make_plan(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Plan:
    """Return what is to be done; what cannot be is wrong usage."""
    names = (
        *("connections", "mpc", "same_start", "rate", "duration", "size", "senders", "ramp"),
        *("idle", "slow", "reconnect"),
    )
    plan = Plan(**{name: getattr(options, name) for name in names}, patience=options.test_timeout)
    try:
        plan.check()
    except PlanError as error:
        parser.error(str(error))
    most = raise_file_limit() - SPARE_FILES
    if plan.connections > most:
        parser.error(
            f"--connections: got {plan.connections}, this system allows {most} (ulimit -n)"
        )
    return plan


def tell(report: Report, options: argparse.Namespace) -> None:
    """Print and write what was asked for."""
    stdout = Console(file=sys.stdout, highlight=False)
    if options.json:
        write(options.json, as_json(report) + "\n")
    if options.html:
        write(options.html, as_html(report, test=options.test))
    if options.time:
        stdout.print(f"{report.seconds:f}")
    elif TO_STDOUT not in {options.json, options.html}:
        show(report, stdout, test=options.test)


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
