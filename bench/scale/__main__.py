"""What large rooms cost, by a model: python -m bench.scale [--check].

It measures the model's constants on this machine, the servers on one core and the load on another,
and prints them and the table of docs/scale.md. `--check` also measures whole rooms, as large as
this machine can load, beside what the model says of them.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from rich.console import Console

from bench.__main__ import raise_file_limit
from bench.arguments import need_redis
from bench.cores import pick_cores
from bench.scale.measure import Room, constants, measure
from bench.scale.model import predict

if TYPE_CHECKING:
    from bench.cores import Cores
    from bench.scale.model import Constants

ROOMS: Final = (10_000, 100_000, 1_000_000)
RATES: Final = (1, 10, 100)
CHECKS: Final = (
    Room(10_000, 1),
    Room(10_000, 5),
    Room(15_000, 1),
    Room(5000, 1, workers=2, over_redis=True),
    Room(5000, 10, workers=2, over_redis=True),
    Room(4000, 10, workers=4, over_redis=True),
)
MIB: Final = 1024 * 1024


def main() -> None:
    """Measure, and print what the arguments ask for as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of each room (%(default)s)")
    parser.add_argument("--check", action="store_true", help="measure whole rooms, too (minutes)")
    options = parser.parse_args()
    need_redis(parser)
    raise_file_limit()
    cores = pick_cores()
    cores.take_load()
    console = Console(soft_wrap=True, highlight=False)
    known = constants(cores, options.seconds)
    console.print("\n".join(show_constants(known)) + "\n")
    console.print("\n".join(show_rooms(known)))
    if options.check:
        console.print()
        check(known, cores, options.seconds, console)


def show_constants(known: Constants) -> list[str]:
    """Return the constants as lines of a table."""
    return [
        "| constant | measured |",
        "| --- | ---: |",
        f"| a flush to one member | {known.write * 1e6:.1f} µs |",
        f"| a byte to one member | {known.byte * 1e9:.2f} ns |",
        f"| a second of an idle member | {known.idle * 1e6:.1f} µs |",
        f"| a batch over Redis, in each process | {known.batch * 1e6:.0f} µs |",
        f"| a batch in Redis | {known.order * 1e6:.0f} µs |",
        f"| … and for each process that hears it | {known.hear * 1e6:.0f} µs |",
        f"| memory of an idle member | {known.member / 1024:.1f} KiB |",
        f"| memory of a process | {known.process / MIB:.0f} MiB |",
    ]


def show_rooms(known: Constants) -> list[str]:
    """Return what large rooms cost as lines of a table."""
    lines = [
        _row(
            "members",
            "chats/s",
            "processes",
            "cores",
            "heard within",
            "to members",
            "out of Redis",
            "Redis",
            "memory",
        ),
        _row(*["---:"] * 9),
    ]
    for members in ROOMS:
        for chats in RATES:
            cost = predict(known, members, chats)
            lines.append(
                _row(
                    f"{members:,}",
                    str(chats),
                    str(cost.processes),
                    f"{cost.cores:.1f}",
                    f"{cost.wait:.2f} s",
                    f"{cost.to_members / 1e6:,.0f} MB/s",
                    f"{cost.from_redis / 1e6:,.2f} MB/s",
                    f"{cost.redis:.2f} cores",
                    f"{cost.memory / MIB / 1024:.1f} GiB",
                )
            )
    return lines


def check(known: Constants, cores: Cores, seconds: float, console: Console) -> None:
    """Print what rooms took beside what the model says of them."""
    console.print(
        _row("members", "chats/s", "processes", "cores: model", "measured", "memory: model",
             "measured", "lost")
    )  # fmt: skip
    console.print(_row(*["---:"] * 8))
    for room in CHECKS:
        cost = predict(known, room.members, room.chats, processes=room.workers)
        taken = measure(room, cores, seconds)
        console.print(
            _row(
                f"{room.members:,}",
                f"{room.chats:g}",
                str(room.workers),
                f"{cost.cores:.2f}",
                f"{taken.cores:.2f}",
                f"{cost.memory / MIB:.0f} MiB",
                f"{taken.memory / MIB:.0f} MiB",
                str(taken.lost),
            )
        )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
