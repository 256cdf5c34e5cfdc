"""What the scripts in Redis tell a process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Place = tuple[int, int]
START: Final[Place] = (0, 0)


class Standing(StrEnum):
    """What a process is to Redis.

    EPOCH: this Redis knows nothing of us, it was restarted. GONE: the others declared this process
    dead. LATE: who was to be declared dead is not overdue, or is dead already. VERSION: somebody
    cannot read the batch.
    """

    OK = "ok"
    EPOCH = "epoch"
    GONE = "gone"
    LATE = "late"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class Beat:
    """What a process learns by being heard of; `epoch` and `process` are those that it gave.

    `sent_at` is when it asked, by its own clock (`time.monotonic`); `reads` the latest version of
    batches that all can read.
    """

    sent_at: float
    epoch: str
    process: str
    standing: Standing
    tip: Place
    online: int
    reads: int
    overdue: list[str]


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch: its place, and that of the batch before it.

    Where it had been published already both are the end of the order. `is_told` says that
    subscribers were sent it, this process among them; nobody is where nobody else takes part.
    """

    standing: Standing
    prev: Place = START
    place: Place = START
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The end of the order, and what holds there: last numbers and members by process."""

    tip: Place
    numbers: dict[str, int]
    rosters: dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Page:
    """Batches read again, in order; `forgotten` is the last place that can be read no longer."""

    forgotten: Place
    batches: list[tuple[Place, bytes]]


def parse_place(text: bytes) -> Place:
    """Read the id of a stream's entry, milliseconds-number; later ones compare greater."""
    milliseconds, number = text.split(b"-")
    return int(milliseconds), int(number)
