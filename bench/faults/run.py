from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.faults.stage import Stage
from bench.faults.talker import Talker
from bench.faults.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Strike = Callable[[Stage, random.Random], Awaitable[None]]

# Seconds of chat before and after a fault, those without chat until all must have come, and those
# in which nothing may come then.
BEFORE: Final = 2.0
AFTER: Final = 3.0
SETTLE: Final = 14.0
QUIET: Final = 2.0
STEP: Final = 0.25


@dataclass(frozen=True, slots=True)
class Plan:
    """Who talks where, how often each fault strikes, and the seed of all that is random."""

    members: int = 50
    processes: int = 3
    rate: float = 4.0
    rounds: int = 1
    seed: int = 1
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the messages around one kind of fault."""

    fault: str
    verdict: Verdict
    log: str


def _other(stage: Stage, dice: random.Random) -> int:
    return dice.choice(stage.ports[1:])


async def _killed(stage: Stage, dice: random.Random) -> None:
    await stage.kill_process(_other(stage, dice), dice.uniform(0, 3))


async def _frozen_briefly(stage: Stage, dice: random.Random) -> None:
    await stage.freeze_process(_other(stage, dice), dice.uniform(1, 4))


async def _frozen_for_long(stage: Stage, dice: random.Random) -> None:
    await stage.freeze_process(_other(stage, dice), 12)


async def _restarted(stage: Stage, dice: random.Random) -> None:
    await stage.stop_process(_other(stage, dice))


async def _redis_cut(stage: Stage, dice: random.Random) -> None:
    for _ in range(5):
        for _ in range(10):  # long enough that something is said meanwhile
            await stage.cut_redis()
            await asyncio.sleep(0.02)
        await asyncio.sleep(dice.uniform(0, 1))


async def _redis_paused(stage: Stage, _: random.Random) -> None:
    await stage.pause_redis(10)


async def _redis_emptied(stage: Stage, dice: random.Random) -> None:
    await stage.empty_redis(dice.uniform(0, 3))


async def _nothing(_: Stage, __: random.Random) -> None:
    return


async def _redis_restored(stage: Stage, dice: random.Random) -> None:
    await stage.restore_redis(dice.uniform(1, 3))


async def _redis_paused_briefly(stage: Stage, dice: random.Random) -> None:
    await stage.pause_redis(dice.uniform(1, 4))


# What strikes in any order when all do; each is over within seconds.
OF_REDIS: Final = (_redis_cut, _redis_paused_briefly, _redis_emptied)
OF_PROCESSES: Final = (_killed, _frozen_briefly, _restarted)


async def _all_at_random(stage: Stage, dice: random.Random) -> None:
    """Strike Redis and the processes at the same time."""

    async def strike(strikes: tuple[Strike, ...], own: random.Random) -> None:
        for each in own.sample(strikes, len(strikes)):
            await each(stage, own)
            await asyncio.sleep(own.uniform(0, 2))

    rows = [strike(row, random.Random(dice.random())) for row in (OF_REDIS, OF_PROCESSES)]
    await asyncio.gather(*rows)


FAULTS: Final[dict[str, Strike]] = {
    "none": _nothing,
    "redis-clients-killed": _redis_cut,
    "redis-paused-10s": _redis_paused,
    "redis-restarted-empty": _redis_emptied,
    "redis-restarted-old": _redis_restored,
    "process-killed": _killed,
    "process-frozen-briefly": _frozen_briefly,
    "process-frozen-12s": _frozen_for_long,
    "process-restarted": _restarted,
    "all-at-random": _all_at_random,
}


async def run(plan: Plan) -> list[Outcome]:
    """Have every fault strike, each kind among members of its own."""
    return [await _strike(plan, fault) for fault in plan.faults]


async def _strike(plan: Plan, fault: str) -> Outcome:
    dice = random.Random(f"{plan.seed} {fault}")
    async with Stage(plan.processes) as stage:
        talkers, tasks = await _gather(plan, stage, dice)
        for _ in range(plan.rounds):
            await asyncio.sleep(BEFORE)
            await FAULTS[fault](stage, dice)
            await asyncio.sleep(AFTER)
        for talker in talkers:
            talker.be_quiet()
        verdict = await _settle(talkers)
        for talker in talkers:
            talker.leave()
        await asyncio.gather(*tasks)
        return Outcome(fault, verdict, stage.log)


async def _settle(talkers: list[Talker]) -> Verdict:
    """Return what became of all messages when all have come, or should have."""
    until = time.monotonic() + SETTLE
    while not _judge(talkers).is_clean and time.monotonic() < until:
        await asyncio.sleep(STEP)
    await asyncio.sleep(QUIET)
    return _judge(talkers)


def _judge(talkers: list[Talker]) -> Verdict:
    return judge([visit for talker in talkers for visit in talker.visits], talkers[0].visits[0])


async def _gather(
    plan: Plan, stage: Stage, dice: random.Random
) -> tuple[list[Talker], list[asyncio.Task[None]]]:
    """Bring in the members; the first of them, on the process that is not struck, before all."""
    talkers, tasks = [], []
    for number in range(plan.members):
        port = stage.ports[number % len(stage.ports)]
        talkers.append(Talker(port, plan.rate, random.Random(dice.random())))
        tasks.append(asyncio.create_task(talkers[-1].run()))
        while number == 0 and not (talkers[0].visits and talkers[0].visits[0].heard):
            await asyncio.sleep(0.05)
    return talkers, tasks
