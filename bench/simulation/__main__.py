"""Strike simulated processes and their Redis, ten thousand times: python -m bench.simulation."""

from __future__ import annotations

import argparse
import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wschat_project.settings")

from bench.simulation.coverage import Coverage
from bench.simulation.fault import KINDS, Schedule, draw, parse
from bench.simulation.run import run
from bench.simulation.shrink import shrink


def main() -> int:
    """Run the seeds that the arguments name; exit status 1 if something was wrong in one."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--fault", action="append", choices=sorted(KINDS), dest="faults")
    parser.add_argument("--schedule", help="play this one, as a failing seed printed it")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    parser.add_argument("--most-failures", type=int, default=10, help="then stop")
    options = parser.parse_args()
    schedules: list[Schedule]
    if options.schedule:
        schedules = [parse(options.schedule)]
    else:
        seeds = range(options.first, options.first + options.seeds)
        schedules = [draw(seed, tuple(options.faults or ())) for seed in seeds]
    coverage, failures, began = Coverage(), 0, time.monotonic()
    for schedule in schedules:
        outcome = run(schedule, keep_trace=options.trace)
        coverage.add(outcome)
        if options.trace:
            print(*outcome.trace, sep="\n")
        if outcome.wrong:
            failures += 1
            smallest = outcome if options.schedule else shrink(outcome)
            print(f"seed {schedule.seed}: --schedule '{smallest.schedule}'")
            print(*(f"  {line}" for line in smallest.wrong[:4]), sep="\n", flush=True)
            if failures >= options.most_failures:
                break
    print(coverage.table())
    print(f"\n{coverage.runs:,} seeds in {time.monotonic() - began:.0f} s, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
