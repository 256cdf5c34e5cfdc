"""The connection for scripts, one call after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import ReadOnlyError

from chat.cluster import line as module
from chat.cluster.contact import REDIS_ERRORS
from chat.cluster.host import redis_host
from chat.cluster.line import Line
from tests.fakes import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench.faults.redis import RunningRedis

SCRIPTS = {
    "count": "redis.call('INCR', KEYS[1]) return {KEYS[1], ARGV[1]}",
    "where": "return {ARGV[#ARGV], redis.call('INFO', 'server')}",
}

# redis-py leaves a socket to the garbage collector that a fault has cut short.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
async def line(redis: RunningRedis) -> AsyncIterator[Line]:
    """Open a line to the test's Redis."""
    opened = Line(redis_host(redis.url), SCRIPTS)
    yield opened
    await opened.close()


async def test_answers_as_the_script_does(line: Line, redis: RunningRedis) -> None:
    """A batch would not be published, or twice."""
    for payload in (b"one", b"\x00\xff\r\n" * 5000):
        assert await line.run("count", "key", payload) == [b"key", payload]
    assert redis.client.get("key") == b"2"


async def test_loads_the_script_into_a_redis_that_lost_it(line: Line, redis: RunningRedis) -> None:
    """After a restart of Redis nothing would be published any more."""
    await line.run("count", "key", 1)
    redis.client.script_flush()
    assert await line.run("count", "key", 2) == [b"key", b"2"]


async def test_connects_again_after_a_cut(line: Line, redis: RunningRedis) -> None:
    """One cut would keep a process silent for ever."""
    await line.run("count", "key", 1)
    redis.kill()
    with pytest.raises(REDIS_ERRORS):
        await line.run("count", "key", 2)
    redis.start()
    assert await line.run("count", "key", 3) == [b"key", b"3"]


async def test_a_cut_that_is_known_of_costs_no_call(line: Line, redis: RunningRedis) -> None:
    """After every restart of Redis a room would stand still for a second."""
    await line.run("count", "key", 1)
    redis.cut_clients()
    reader = line._connection._reader
    await until(reader.at_eof)
    assert await line.run("count", "key", 2) == [b"key", b"2"]


async def test_gives_up_a_redis_that_does_not_answer(
    line: Line, redis: RunningRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call would hang as long as Redis does, and its answer be taken for that of the next."""
    monkeypatch.setattr(module, "CALL_SECONDS", 0.2)
    await line.run("count", "key", "before")
    redis.pause()
    with pytest.raises(TimeoutError):
        await line.run("count", "key", "paused")
    redis.resume()
    assert await line.run("count", "key", "after") == [b"key", b"after"]


async def test_scripts_know_the_redis_that_they_run_in(line: Line, redis: RunningRedis) -> None:
    """A Redis that came back with old data would be taken for the one that knew what was said."""
    run_ids = set()
    for _ in range(2):
        run_id, info = await line.run("where", "key")
        assert b"run_id:" + run_id in info
        run_ids.add(run_id)
        redis.kill()
        redis.start()
        with pytest.raises(REDIS_ERRORS):
            await line.run("where", "key")
    assert len(run_ids) == 2


async def test_calls_at_once_take_turns(line: Line) -> None:
    """One would be given the answer to another."""
    answers = await asyncio.gather(*(line.run("count", "key", number) for number in range(20)))
    assert [int(number) for _, number in answers] == list(range(20))


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (ReadOnlyError("a replica now"), ReadOnlyError),
        (RuntimeError("unable to perform operation; the handler is closed"), ConnectionError),
    ],
)
async def test_a_connection_that_is_no_good_is_made_anew(
    line: Line, monkeypatch: pytest.MonkeyPatch, raised: Exception, seen: type[Exception]
) -> None:
    """A process would speak to the master of yesterday, or to nobody, for ever."""
    await line.run("count", "key", 1)

    async def fail(*_command: Any) -> Any:
        raise raised

    with monkeypatch.context() as patch:
        patch.setattr(line, "_call", fail)
        with pytest.raises(seen, match=str(raised)):
            await line.run("count", "key", 2)
    assert not line._connection.is_connected
    assert await line.run("count", "key", 3) == [b"key", b"3"]
