"""Measure all servers side by side; `bench/run --help` tells how."""

from __future__ import annotations

import argparse
import resource
import signal
import sys
from pathlib import Path

from rich.console import Console

from bench.cases import CASES
from bench.cores import pick_cores
from bench.measured import summarize
from bench.report import as_json, show
from bench.rounds import Plan, run
from bench.servers import SERVERS


def main() -> None:
    """Run what the arguments ask for, and print the tables."""
    arguments = read_arguments()
    plan = Plan(
        cases=[case for case in CASES if case.name in (arguments.case or case.name)],
        servers=[s for s in SERVERS if s.name in (arguments.server or s.name)],
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        patience=arguments.patience,
    )
    progress = Console(stderr=True, highlight=False)
    cores = pick_cores()
    if not cores.apart:
        progress.print("only one core: server and load share it, the figures mean little")
    raise_file_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends the server that runs, too
    rounds = run(plan, cores, lambda line: progress.print(line, markup=False, soft_wrap=True))
    summaries = {key: summarize(measured) for key, measured in rounds.items()}
    show(plan, summaries, Console(highlight=False), as_markdown=arguments.markdown)
    if arguments.json:
        arguments.json.write_text(as_json(rounds, summaries) + "\n", encoding="utf-8")


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measure wschat beside other servers: the server on one core, the load on "
        "another, everyone in one room.",
    )
    add = parser.add_argument
    add("--case", action="append", choices=[c.name for c in CASES], help="only this; repeatable")
    add("--server", action="append", choices=[s.name for s in SERVERS], help="the same")
    add("--rounds", type=int, default=3, help="how often, in turn; medians are shown (%(default)s)")
    add("--seconds", type=float, default=5, help="how long each is measured (%(default)s)")
    add("--patience", type=float, default=60, help="seconds until one is given up (%(default)s)")
    add("--markdown", action="store_true", help="print tables as Markdown")
    add("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    return parser.parse_args()


def raise_file_limit() -> None:
    """Allow as many sockets as the machine does: 5000 members need more than is usual."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
