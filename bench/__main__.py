"""Measure all servers side by side; `bench/run --help` tells how."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
from pathlib import Path

from rich.console import Console

from bench.arguments import rounds, writable
from bench.bun import BunError
from bench.cases import CASES
from bench.chart import chart
from bench.cores import pick_cores
from bench.measured import summarize
from bench.report import as_json, show
from bench.rounds import Plan, run
from bench.servers import SERVERS, Server, family


def main() -> None:
    """Run what the arguments ask for, and print the tables."""
    arguments = read_arguments()
    plan = Plan(
        cases=[case for case in CASES if case.name in (arguments.case or case.name)],
        servers=pick_servers(arguments),
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
    measured = run(plan, cores, lambda line: progress.print(line, markup=False, soft_wrap=True))
    summaries = {key: summarize(rounds) for key, rounds in measured.items()}
    show(plan, summaries, Console(highlight=False), as_markdown=arguments.markdown)
    if arguments.svg:
        arguments.svg.write_text(chart(plan.servers, summaries), encoding="utf-8")
    if arguments.json:
        arguments.json.write_text(as_json(measured, summaries) + "\n", encoding="utf-8")


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
    add(
        "--peers",
        nargs="+",
        metavar=("family", "BINARY"),
        help="`family` and files that start servers of the family with an address as argument: "
        "those beside wschat, in place of the others",
    )
    add(
        "--rounds",
        type=rounds,
        default=3,
        help="how often, in turn; medians are shown (%(default)s)",
    )
    add("--seconds", type=float, default=5, help="how long each is measured (%(default)s)")
    add("--patience", type=float, default=60, help="seconds until one is given up (%(default)s)")
    add("--markdown", action="store_true", help="print tables as Markdown")
    add("--svg", type=writable, metavar="FILE", help="draw deliveries by room size to FILE")
    add("--json", type=writable, metavar="FILE", help="write everything measured to FILE")
    arguments = parser.parse_args()
    check_peers(parser, arguments.peers)
    install_peers(parser, pick_servers(arguments))
    return arguments


def check_peers(parser: argparse.ArgumentParser, peers: list[str] | None) -> None:
    """End with an error where `--peers` is not as it should be."""
    if peers is None:
        return
    if peers[0] != "family" or len(peers) < 2:
        parser.error(f"--peers: got {' '.join(peers)}, expected: family BINARY [BINARY …]")
    for name in peers[1:]:
        if not os.access(name, os.X_OK) or Path(name).is_dir():
            parser.error(f"--peers: {name} is no file that can be executed")


def pick_servers(arguments: argparse.Namespace) -> list[Server]:
    """Return the servers that the arguments ask for."""
    if arguments.peers:
        return [SERVERS[0], *family([Path(name) for name in arguments.peers[1:]])]
    return [s for s in SERVERS if s.name in (arguments.server or s.name)]


def install_peers(parser: argparse.ArgumentParser, servers: list[Server]) -> None:
    """Install what a server needs and is not there; end with an error where that fails."""
    for server in servers:
        try:
            server.command()
        except BunError as error:
            parser.exit(1, f"{server.title}: {error}\n--server picks the others\n")


def raise_file_limit() -> None:
    """Allow as many sockets as the machine does: 5000 members need more than is usual."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
