"""What Redis costs one process, and what a second process brings: python -m bench.cluster.

The servers have one core, the load and Redis the other, so two processes share what one has alone.
What is compared is work: deliveries in a second of the servers' processor time. Two processes that
do as much in such a second as one does would deliver twice as much where each has a core. A process
that shared the load's core would wait for the load, as it need not where two cores are free.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from rich.console import Console

from bench.arguments import need_redis, rounds
from bench.cores import pick_cores
from bench.faults.redis import RunningRedis
from bench.ours import all_accept, serving
from bench.tree import Tree
from wschat_tools.load import ClosedLoop, Crowd, Joining, parse_address

if TYPE_CHECKING:
    from bench.cores import Cores
    from bench.process import ServerProcess

SETTLE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Setup:
    """How many workers, and whether over Redis."""

    title: str
    workers: int
    over_redis: bool


SETUPS: Final = (
    Setup("one process, in memory", 1, over_redis=False),
    Setup("one process, Redis", 1, over_redis=True),
    Setup("two processes, Redis", 2, over_redis=True),
)


@dataclass(frozen=True, slots=True)
class Result:
    """Deliveries a second, and in a second of processor time."""

    rate: float
    work: float
    lost: int


def main() -> None:
    """Measure every setup in turn, so many rounds, and print medians and ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--senders", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=rounds, default=3)
    options = parser.parse_args()
    need_redis(parser)
    cores = pick_cores()
    cores.take_load()
    results: dict[str, list[Result]] = {setup.title: [] for setup in SETUPS}
    for _ in range(options.rounds):
        for setup in SETUPS:
            results[setup.title].append(measure(setup, cores, options))
    show(results)


def measure(setup: Setup, cores: Cores, options: argparse.Namespace) -> Result:
    """Start Redis and the server, and chat in a closed loop."""
    with RunningRedis() as redis:
        over = redis if setup.over_redis else None
        with serving(setup.workers, over, cores) as process:
            return asyncio.run(_chat(process, setup.workers, options))


async def _chat(process: ServerProcess, workers: int, options: argparse.Namespace) -> Result:
    tree = Tree(process.child.pid)
    await all_accept(tree, workers)
    async with Crowd(parse_address(process.url)) as crowd:
        await Joining(crowd, options.members).run(settle=SETTLE_SECONDS)
        began = tree.cpu_seconds
        chatted = await ClosedLoop(crowd, options.senders).run(options.seconds)
        spent = tree.cpu_seconds - began
    rate = chatted.deliveries_per_second
    return Result(rate, rate * options.seconds / spent, chatted.lost + chatted.extra)


def show(results: dict[str, list[Result]]) -> None:
    """Print a Markdown table."""
    console = Console(soft_wrap=True, highlight=False)
    console.print("| setup | deliveries/s | a second of processor time | lost |")
    console.print("| --- | ---: | ---: | ---: |")
    works = {}
    for title, measured in results.items():
        works[title] = median(result.work for result in measured)
        rate = median(result.rate for result in measured)
        lost = max(result.lost for result in measured)
        console.print(f"| {title} | {rate:,.0f} | {works[title]:,.0f} | {lost} |")
    memory, one, two = works.values()
    console.print(f"\none process on Redis against memory: {one / memory:.2f} (wanted: 0.8)")
    console.print(f"two processes on two cores against one: {2 * two / one:.2f} (wanted: 1.6)")


if __name__ == "__main__":
    main()
