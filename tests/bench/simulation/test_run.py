"""What seeds of the simulation say of the room, and that they say it again."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import pytest

from bench.simulation.fault import Fault, Schedule, draw, parse
from bench.simulation.run import run

if TYPE_CHECKING:
    from collections.abc import Iterator

TENS = [*range(4), *(pytest.param(ten, marks=pytest.mark.long) for ten in range(4, 30))]
AGAIN = """
from bench.simulation.fault import draw
from bench.simulation.run import run
print(run(draw(11)).digest)
"""


@pytest.fixture(autouse=True)
def _swept() -> Iterator[None]:
    """Pass over what redis-py left open in killed processes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()


@pytest.mark.parametrize("ten", TENS)
def test_nothing_is_lost_under_drawn_faults(ten: int) -> None:
    """What is said would be missing, doubled or out of order after two or three faults at once."""
    failed = [
        outcome for seed in range(ten * 10, ten * 10 + 10) if (outcome := run(draw(seed))).wrong
    ]
    assert not failed, f"{failed[0].schedule}: {failed[0].wrong[:3]}"


@pytest.mark.processes
def test_a_seed_does_the_same_again_in_another_process() -> None:
    """A failing seed could not be looked at, as it would not fail again."""
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    again = subprocess.run(
        [sys.executable, "-c", AGAIN], env=environment, check=True, capture_output=True, text=True
    )
    assert run(draw(11)).digest == run(draw(11)).digest == again.stdout.strip()


def test_a_schedule_is_read_as_it_is_printed() -> None:
    """What a failing seed prints could not be replayed."""
    for seed in range(20):
        assert parse(str(draw(seed))) == draw(seed)


def test_a_fault_that_nothing_mends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulation that sees nothing would pass for ever."""
    monkeypatch.setattr("chat.cluster.reader.Reader._close_gap", _do_nothing)
    monkeypatch.setattr("chat.cluster.reader.Reader.catch_up", _do_nothing)
    fault = Fault(3.0, "redis-subscribers-cut", on="append")
    assert run(Schedule(1, 3, has_sentinels=False, faults=(fault,))).wrong


def test_who_missed_a_whole_order_hears_what_was_said_in_it() -> None:
    """Two restarts of Redis within a second would cost what was said between them."""
    faults = (Fault(6.147749, "redis-emptied", seconds=0.919664),
              Fault(6.76561, "redis-restarted", seconds=0.612868, on="since answered"))  # fmt: skip
    assert run(Schedule(214, 3, has_sentinels=False, faults=faults)).wrong == []


def test_who_left_while_an_order_began_leaves_once() -> None:
    """Whoever went in a restart would be said to have left twice, seconds later."""
    faults = (Fault(3.116431, "redis-old", 2, seconds=0.995885, amount=0.05),
              Fault(5.045394, "restarted", 2, seconds=2.0))  # fmt: skip
    assert run(Schedule(94, 3, has_sentinels=False, faults=faults)).wrong == []


def test_who_joins_while_an_order_begins_is_counted() -> None:
    """The page would tell of too few people until they have left."""
    faults = (Fault(5.736555, "redis-failed-over", 3, seconds=1.577902, amount=0.05),
              Fault(5.757831, "failing", 2))  # fmt: skip
    assert run(Schedule(7973, 4, has_sentinels=False, faults=faults)).wrong == []


def test_a_slow_answer_makes_nobody_look_well() -> None:
    """Newcomers would be led to a process that has been cut off for longer than it says."""
    faults = (Fault(5.880008, "slow", 1, seconds=0.742352, amount=0.930903),
              Fault(6.555464, "cut", 1, seconds=3.532973))  # fmt: skip
    assert run(Schedule(7714, 3, has_sentinels=False, faults=faults)).wrong == []


async def _do_nothing(*_: object) -> bool:
    return True
