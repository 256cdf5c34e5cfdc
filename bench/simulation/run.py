"""One schedule from beginning to end."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import warnings
from dataclasses import dataclass, field
from typing import Any, Final

from bench.simulation.clock import simulated
from bench.simulation.fault import FIRST_AT, WITHIN, Fault, Schedule
from bench.simulation.loop import SimulatedLoop, StuckError
from bench.simulation.stage import Stage
from bench.simulation.strike import Striker
from bench.simulation.verdict import judge

# When the last words are said, after the last fault's end, and when all must be well.
RECOVERED: Final = 2.0
SETTLED: Final = 11.0
STEP: Final = 0.25


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was wrong, what struck in which states, and what shows that two runs were the same."""

    schedule: Schedule
    wrong: list[str]
    struck: list[tuple[Fault, frozenset[str]]]
    digest: str
    seconds: float
    trace: list[str] = field(default_factory=list)


def run(schedule: Schedule, *, keep_trace: bool = False) -> Outcome:
    """Play a schedule; the same one always gives the same outcome."""
    if not keep_trace:
        logging.disable(logging.CRITICAL)
    dice = random.Random(f"{schedule.seed}:ids")
    loop: SimulatedLoop | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stage = _Made(schedule, keep_trace).stage
            loop = stage.loop
            with simulated(loop, dice):
                striker = Striker(stage, schedule.faults)
                try:
                    wrong = loop.run_until_complete(_play(stage, striker, schedule))
                except StuckError as error:
                    wrong = [str(error)]
                wrong += [f"a callback failed: {error!r}" for error in loop.failures]
                outcome = Outcome(
                    schedule, wrong, striker.struck, stage.digest.hexdigest(), loop.time(),
                    stage.trace or [],
                )  # fmt: skip
                _clear(stage)
        return outcome
    finally:
        logging.disable(logging.NOTSET)


class _Made:
    """A stage; making it needs the loop's own time."""

    def __init__(self, schedule: Schedule, keep_trace: bool) -> None:  # noqa: FBT001
        self.stage = Stage(schedule, keep_trace=keep_trace)


async def _play(stage: Stage, striker: Striker, schedule: Schedule) -> list[str]:
    loop = asyncio.get_running_loop()
    guests = [loop.create_task(guest.run()) for guest in stage.guests]
    latest = max((fault.at + fault.seconds for fault in schedule.faults), default=FIRST_AT)
    await asyncio.sleep(max(FIRST_AT + WITHIN / 2, latest + 1.0))
    while loop.time() < striker.ended_at + RECOVERED:
        await asyncio.sleep(STEP)
    stage.watches.clear()
    words: set[str] = set()
    said_at = loop.time()
    for number, guest in enumerate(stage.guests):
        guest.is_quiet = True
        if guest.say(text := f"last words of {number}"):
            words.add(text)
    wrong = [] if len(words) == len(guests) else ["somebody is not back in time"]
    await asyncio.sleep(max(1.0, striker.ended_at + SETTLED - loop.time()))
    return wrong + judge(stage, striker, words, said_at)


def _clear(stage: Stage) -> None:
    """End everything that runs, that of killed processes too."""
    loop = stage.loop
    for _ in range(3):
        tasks: list[Any] = [task for task in asyncio.all_tasks(loop) if not task.done()]
        for task in tasks:
            owner = getattr(task, "owner", None)
            if owner is not None and owner.is_frozen:
                loop.thaw(owner)
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=20.0))
    SimulatedLoop.close(loop)  # channels-redis has put one of its own before it
    gc.collect(0)
