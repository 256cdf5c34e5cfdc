"""Make a failing schedule smaller, as long as it fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.simulation.run import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.simulation.fault import Schedule
    from bench.simulation.run import Outcome


def shrink(outcome: Outcome) -> Outcome:
    """Return the outcome of the smallest schedule found that fails, too."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for schedule in _smaller(outcome.schedule):
            tried = run(schedule)
            if tried.wrong:
                outcome, is_smaller = tried, True
                break
    return outcome


def _smaller(schedule: Schedule) -> Iterator[Schedule]:
    for index, fault in enumerate(schedule.faults):
        yield schedule.without(index)
        if fault.on:
            simpler = replace(fault, on="")
            faults = (*schedule.faults[:index], simpler, *schedule.faults[index + 1 :])
            yield replace(schedule, faults=faults)
    if schedule.has_sentinels:
        yield replace(schedule, has_sentinels=False)
    if schedule.processes > 3 and all(fault.target < 3 for fault in schedule.faults):
        yield replace(schedule, processes=3)
