"""Strike processes and their Redis, and print what was lost: python -m bench.faults."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bench.arguments import need_redis, rounds
from bench.faults.run import FAULTS, Plan, run
from bench.faults.table import print_table


def main() -> int:
    """Run the plan that the arguments describe; exit status 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--rate", type=float, default=4.0, help="chats per member and second")
    parser.add_argument("--rounds", type=rounds, default=3, help="times that each fault strikes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), dest="faults")
    options = parser.parse_args()
    need_redis(parser)
    plan = Plan(
        members=options.members,
        processes=options.processes,
        rate=options.rate,
        rounds=options.rounds,
        seed=options.seed,
        faults=tuple(options.faults or FAULTS),
    )
    outcomes = asyncio.run(run(plan))
    print_table(plan, outcomes)
    return 0 if all(outcome.verdict.is_clean for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
