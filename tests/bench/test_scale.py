from __future__ import annotations

import pytest

from bench.scale.model import FLUSH_SECONDS, Constants, predict

KNOWN = Constants(
    write=10e-6,
    byte=0.25e-9,
    idle=15e-6,
    batch=1e-3,
    order=400e-6,
    hear=10e-6,
    member=6000,
    process=100e6,
)


def test_a_small_room_is_one_process_without_redis() -> None:
    """The table would tell people to run what they do not need."""
    cost = predict(KNOWN, 100, 10)
    assert (cost.processes, cost.redis, cost.from_redis) == (1, 0, 0)
    assert cost.cores == pytest.approx(100 * (15e-6 + 10 * (10e-6 + 190 * 0.25e-9)))


@pytest.mark.parametrize("members", [10_000, 100_000, 1_000_000])
def test_no_flush_is_longer_than_it_may_be(members: int) -> None:
    """The table would promise a time within which nobody hears anything."""
    cost = predict(KNOWN, members, 100)
    flush = members / cost.processes * KNOWN.write
    assert flush <= FLUSH_SECONDS
    assert cost.wait >= 3 * flush
    assert cost.cores / cost.processes <= 1.0001


def test_what_is_said_faster_than_flushes_go_out_shares_them() -> None:
    """Ten times the chats would be told to take ten times the processors."""
    slow, fast = predict(KNOWN, 10_000, 10), predict(KNOWN, 10_000, 100)
    assert fast.cores < 2 * slow.cores
    assert fast.to_members == 10 * slow.to_members


def test_redis_serves_every_process() -> None:
    """Where one Redis ends would be told wrong."""
    two, four = (predict(KNOWN, 10_000, 10, processes=number) for number in (2, 4))
    assert four.from_redis == 2 * two.from_redis
    assert four.redis - two.redis == pytest.approx(10 * 2 * KNOWN.hear)
