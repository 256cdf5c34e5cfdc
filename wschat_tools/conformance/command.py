"""The command line: what to check, how to show it, and the exit code that says how it went."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from difflib import get_close_matches
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
from wschat_tools.conformance.as_json import as_json
from wschat_tools.conformance.checks import CHECKS
from wschat_tools.conformance.lines import show, show_list, show_summary
from wschat_tools.conformance.outcome import passed
from wschat_tools.conformance.report import as_html, as_markdown
from wschat_tools.conformance.runner import TIMEOUT_SECONDS, GoneError, Runner
from wschat_tools.load import LoadError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from wschat_tools.conformance.check import Check
    from wschat_tools.conformance.outcome import Outcome

MOST_SECONDS = 1e6
DESCRIPTION = """
Checks any wschat server, in whatever language, against each rule of docs/protocol.md. Exit code 0:
no must fails; 1: one does, or there is no server; 2: wrong usage; 130: Ctrl-C, after printing what
there is."""
EXAMPLES = """examples:
  PROGRAM ws://127.0.0.1:8000
  PROGRAM ws://127.0.0.1:8000 --failed --markdown report.md
  PROGRAM wss://chat.example.org --ca ca.pem --only fragments --only pings
"""


def conformance_parser(program: str) -> argparse.ArgumentParser:
    """Return what reads the arguments of `program`."""
    parser = make_parser(program, DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("--failed", action="store_true", help="print what does not pass, and nothing else")
    add("--only", action="append", metavar="NAME", help="only this check; repeatable")
    add("--list", action="store_true", help="print the checks and their rules, and end")
    add("--markdown", type=writable, metavar="FILE", help="write a report for an issue; -: here")
    add("--html", type=writable, metavar="FILE", help="write the same as a page; -: here")
    add(
        "--timeout",
        type=float,
        default=TIMEOUT_SECONDS,
        metavar="SECONDS",
        help="how long to wait for anything (%(default)s)",
    )
    return parser


@printing
def main(arguments: Sequence[str], program: str) -> int:
    """Check, print, and return the exit code."""
    parser = conformance_parser(program)
    options = parse(parser, arguments)
    stdout = Console(file=sys.stdout, highlight=False)
    checks = chosen(parser, options.only)
    if options.list:
        show_list(checks, stdout)
        return 0
    if not 0 < options.timeout < MOST_SECONDS:
        parser.error(
            f"--timeout: got {options.timeout:g}, expected more than 0, less than {MOST_SECONDS:g}"
        )
    quiet = TO_STDOUT in {options.json, options.markdown, options.html}
    began = time.monotonic()
    try:
        address = read_address(parser, options)
        runner = Runner(address, options.timeout)
    except LoadError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        outcomes = asyncio.run(run(runner, checks, printer(stdout, options, quiet=quiet)))
    except GoneError as error:
        print(error, file=sys.stderr)
        return INTERRUPTED if runner.interrupted else 1
    if not quiet:
        show_summary(outcomes, stdout)
    write_reports(options, str(address), outcomes)
    if options.json:
        seconds = time.monotonic() - began
        text = as_json(str(address), outcomes, seconds=seconds, interrupted=runner.interrupted)
        write(options.json, text + "\n")
    return INTERRUPTED if runner.interrupted else int(not passed(outcomes))


def chosen(parser: argparse.ArgumentParser, only: Sequence[str] | None) -> list[Check]:
    """Return the checks of these names, or all; a name that is none is wrong usage."""
    for name in only or ():
        if name not in CHECKS:
            near = get_close_matches(name, CHECKS, n=1)
            hint = f", did you mean {near[0]}?" if near else ", see --list"
            parser.error(f"--only: got {name}, which is no check{hint}")
    return [check for name, check in CHECKS.items() if not only or name in only]


def printer(
    stdout: Console, options: argparse.Namespace, *, quiet: bool
) -> Callable[[Outcome], None]:
    """Return what prints an outcome as soon as it is known, if it is to be printed."""

    def tell(outcome: Outcome) -> None:
        if not quiet and (outcome.is_found or not options.failed):
            show(outcome, stdout)
            sys.stdout.flush()

    return tell


def write_reports(options: argparse.Namespace, address: str, outcomes: Sequence[Outcome]) -> None:
    """Write the reports for people that were asked for."""
    if options.markdown:
        write(options.markdown, as_markdown(address, outcomes))
    if options.html:
        write(options.html, as_html(address, outcomes))


async def run(
    runner: Runner, checks: Sequence[Check], tell: Callable[[Outcome], None]
) -> list[Outcome]:
    """Run checks; Ctrl-C ends that with what there is.

    Raises:
        GoneError: nobody can join the server.

    """
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, runner.interrupt)
    await runner.knock()
    return await runner.run(checks, tell)
