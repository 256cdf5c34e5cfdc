"""What strikes, when, and whom: a schedule that is drawn from a seed and can be written down."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, replace
from typing import Final

# The least and the most seconds that each fault lasts; 0 where it is over at once.
OF_PROCESS: Final = {
    "frozen": (0.2, 12.0),
    "killed": (0.3, 2.0),
    "restarted": (2.0, 2.0),
    "cut-out": (0.2, 12.0),
    "cut-in": (0.2, 12.0),
    "cut": (0.2, 12.0),
    "slow": (0.5, 4.0),
    "reset": (0.0, 0.0),
    "failing": (0.0, 0.0),
    "breaking": (0.0, 0.0),
    "skewed": (0.0, 0.0),
    "command-lost": (0.0, 0.0),
    "answer-lost": (0.0, 0.0),
    "unreadable": (0.0, 0.0),
}
OF_REDIS: Final = {
    "redis-restarted": (0.1, 3.0),
    "redis-emptied": (0.1, 3.0),
    "redis-old": (0.1, 3.0),
    "redis-flushed": (0.0, 0.0),
    "redis-failed-over": (0.1, 2.0),
    "redis-full": (0.0, 0.0),
    "redis-paused": (0.2, 6.0),
    "redis-gone": (0.2, 12.0),
    "redis-clock": (0.0, 0.0),
    "redis-clients-cut": (0.0, 0.0),
    "redis-subscribers-cut": (0.0, 0.0),
}
KINDS: Final = {**OF_PROCESS, **OF_REDIS}
# After these a new order begins, even where Redis has kept its data.
BEGINS_ORDER: Final = frozenset(
    {"redis-restarted", "redis-emptied", "redis-old", "redis-flushed", "redis-failed-over"}
)
# These keep nobody but who was with that process from hearing and being heard.
OF_THE_DEAD: Final = frozenset({"killed", "restarted", "failing"})
# None of these, alone or together, may cost a member its connection, unless they last for seconds.
GENTLE: Final = frozenset(
    {
        "reset", "breaking", "skewed", "command-lost", "answer-lost", "unreadable", "frozen",
        "cut", "cut-in", "cut-out", "slow", "redis-paused", "redis-gone", "redis-restarted",
        "redis-emptied", "redis-old", "redis-flushed", "redis-failed-over", "redis-clock",
        "redis-clients-cut", "redis-subscribers-cut",
    }
)  # fmt: skip
COMMANDS: Final = ("append", "beat", "register", "since", "snapshot", "bury")
ON_COMMAND: Final = frozenset({"command-lost", "answer-lost"})
# Faults strike within so many seconds, the first at this time.
FIRST_AT: Final = 2.0
WITHIN: Final = 5.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One strike.

    Attributes:
        at: seconds since the run began.
        kind: one of KINDS.
        target: the number of a process; of no meaning to a fault of Redis.
        seconds: how long it lasts.
        on: wait for this command of the target (of anybody, for Redis), and strike right before it
            runs, or, as "append answered", right behind it.
        amount: by how many seconds a clock or a replica is wrong, or a link slower.

    """

    at: float
    kind: str
    target: int = 0
    seconds: float = 0.0
    on: str = ""
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A run: how many processes and members, how they find Redis, and what strikes them."""

    seed: int
    processes: int
    has_sentinels: bool
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    def without(self, index: int) -> Schedule:
        """Return the schedule with one fault less."""
        return replace(self, faults=self.faults[:index] + self.faults[index + 1 :])


def parse(text: str) -> Schedule:
    """Read a schedule as it was printed."""
    read = json.loads(text)
    return Schedule(**read | {"faults": tuple(Fault(**fault) for fault in read["faults"])})


def draw(seed: int, kinds: tuple[str, ...] = ()) -> Schedule:
    """Return the schedule of a seed; of these kinds only, if any are given."""
    dice = random.Random(f"{seed}:schedule")
    processes = dice.choice((3, 3, 3, 3, 4, 5))
    count = dice.choice((1, 1, 2, 2, 3))
    faults: list[Fault] = []
    for _ in range(count):
        faults.append(_draw_fault(dice, processes, kinds or tuple(KINDS), faults))
    faults.sort(key=lambda fault: fault.at)
    return Schedule(seed, processes, dice.random() < 0.25, tuple(faults))


def _draw_fault(
    dice: random.Random, processes: int, kinds: tuple[str, ...], earlier: list[Fault]
) -> Fault:
    kind = dice.choice(kinds)
    if earlier and dice.random() < 0.5:  # while another one lasts, or right behind it
        last = earlier[-1]
        at = last.at + dice.uniform(0, last.seconds + 1.0)
    else:
        at = FIRST_AT + dice.uniform(0, WITHIN)
    least, most = KINDS[kind]
    seconds = dice.uniform(least, most) if dice.random() < 0.5 else dice.uniform(least, most / 3)
    on = ""
    if kind in ON_COMMAND or dice.random() < 0.3:
        on = dice.choice(COMMANDS) + dice.choice(("", " answered"))
    amount = _draw_amount(dice, kind)
    target = dice.randrange(processes)
    return Fault(round(at, 6), kind, target, round(max(seconds, least), 6), on, round(amount, 6))


def _draw_amount(dice: random.Random, kind: str) -> float:
    match kind:
        case "skewed" | "redis-clock":
            return dice.choice((-300.0, -5.0, 5.0, 300.0))
        case "redis-old" | "redis-failed-over":
            return dice.choice((0.0, 0.05, 1.0))
        case "slow":
            return dice.uniform(0.05, 1.0)
        case _:
            return 0.0
