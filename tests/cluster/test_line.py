"""The connection for the script that runs once a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chat.cluster import line as module
from chat.cluster.host import redis_host
from chat.cluster.ledger import REDIS_ERRORS
from chat.cluster.line import Line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench.faults.redis import RunningRedis

SCRIPT = "redis.call('INCR', KEYS[1]) return {KEYS[1], ARGV[1]}"

# redis-py leaves a socket to the garbage collector that a fault has cut short.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
async def line(redis: RunningRedis) -> AsyncIterator[Line]:
    """Open a line to the test's Redis."""
    opened = Line(redis_host(redis.url), SCRIPT)
    yield opened
    await opened.close()


async def test_answers_as_the_script_does(line: Line, redis: RunningRedis) -> None:
    """A batch would not be published, or twice."""
    for payload in (b"one", b"\x00\xff\r\n" * 5000):
        assert await line.run("count", payload) == [b"count", payload]
    assert redis.client.get("count") == b"2"


async def test_loads_the_script_into_a_redis_that_lost_it(line: Line, redis: RunningRedis) -> None:
    """After a restart of Redis nothing would be published any more."""
    await line.run("count", 1)
    redis.client.script_flush()
    assert await line.run("count", 2) == [b"count", b"2"]


async def test_connects_again_after_a_cut(line: Line, redis: RunningRedis) -> None:
    """One cut would keep a process silent for ever."""
    await line.run("count", 1)
    redis.cut_clients()
    with pytest.raises(REDIS_ERRORS):
        await line.run("count", 2)
    assert await line.run("count", 3) == [b"count", b"3"]


async def test_gives_up_a_redis_that_does_not_answer(
    line: Line, redis: RunningRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call would hang as long as Redis does, and its answer be taken for that of the next."""
    monkeypatch.setattr(module, "CALL_SECONDS", 0.2)
    await line.run("count", "before")
    redis.pause()
    with pytest.raises(TimeoutError):
        await line.run("count", "paused")
    redis.resume()
    assert await line.run("count", "after") == [b"count", b"after"]
