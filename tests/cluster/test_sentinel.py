"""A Redis that fails over, found by its Sentinels or through HAProxy; and the URL that names it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from channels_redis.utils import create_pool

from chat.cluster.host import redis_host, why_unreachable
from chat.cluster.ledger import Ledger
from chat.cluster.sentinel import close_pool
from tests.cluster.peers import peers_over
from tests.cluster.watched import WatchedRedis

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

# redis-py leaves a socket to the garbage collector whose handshake a fault has cut short.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedRedis]:
    """Start all that it takes to fail over."""
    with WatchedRedis(tmp_path) as running:
        yield running


async def lose_a_machine(watched: WatchedRedis) -> None:
    """Lose the master and the Sentinel that is asked first, as if they had shared a machine."""
    watched.freeze_first()
    assert await asyncio.to_thread(why_unreachable, watched.url, 1) == ""
    watched.lose_master()


async def swap(watched: WatchedRedis) -> None:
    """Have an operator promote the replica."""
    await asyncio.to_thread(watched.swap)


@pytest.mark.parametrize(
    ("way", "fault"),
    [("url", lose_a_machine), ("url", swap), ("proxied_url", lose_a_machine)],
)
async def test_everybody_stays_and_hears_all_when_the_master_changes(
    watched: WatchedRedis, way: str, fault: Callable[[WatchedRedis], Awaitable[None]]
) -> None:
    """The room would fall silent for good, with everybody believing to be in it."""
    async with peers_over(getattr(watched, way)) as peers:
        near, far = await peers.guests(await peers.room(), await peers.room())
        near.say("before")
        await far.hear("before")
        await fault(watched)
        texts = [str(number) for number in range(5)]
        for text in texts:
            near.say(text)
        far.say("meanwhile")
        for guest in (near, far):
            await guest.hear(*texts, "meanwhile", seconds=25)
            assert [text for text in guest.chats if text in texts] == texts
            assert guest.codes == []
        [late] = await peers.guests(await peers.room())
        near.say("welcome")
        await late.hear("welcome")


def test_reads_the_sentinels_own_password() -> None:
    """Sentinels that want a password could not be used."""
    url = "sentinel://us%40er:pass%3Aword@box:26379,[::2]:26380/main/3?sentinel_password=p"
    host = redis_host(url)
    assert host["sentinels"] == [("box", 26379), ("::2", 26380)]
    assert (host["master_name"], host["db"]) == ("main", 3)
    assert (host["username"], host["password"]) == ("us@er", "pass:word")
    assert host["sentinel_kwargs"]["password"] == "p"


def test_reads_a_sentinel_url_with_all_its_options() -> None:
    """Sentinels would be asked in another's name, or for another database."""
    host = redis_host("sentinel://one:1/main?db=5&sentinel_username=watch&sentinel_password=")
    assert host["db"] == 5
    asked = host["sentinel_kwargs"]
    assert (asked["username"], asked["password"]) == ("watch", "")
    assert (asked["socket_timeout"], asked["socket_connect_timeout"]) == (0.7, 0.7)
    assert asked["retry"].get_retries() == 0
    plain = redis_host("sentinel://one:1/main")
    assert plain["db"] == 0
    assert "username" not in plain
    assert "password" not in plain
    assert plain["sentinel_kwargs"]["username"] is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sentinel://one:1", "got no name of a master, expected sentinel://HOST:PORT/MASTER$"),
        ("sentinel://one/main", "got 'one' as a Sentinel, expected HOST:PORT$"),
        ("sentinel://one:1/main/x", "got 'x' as the database, expected a number$"),
        (
            "sentinel://one:1/main?sentinel_pasword=x",
            "got the option 'sentinel_pasword', expected db, sentinel_username, sentinel_password$",
        ),
    ],
)
def test_says_what_is_wrong_with_the_url(url: str, reason: str) -> None:
    """Whoever mistypes it would be told of a Redis that is not there."""
    with pytest.raises(ValueError, match=reason):
        redis_host(url)


async def test_closes_the_connections_to_all_sentinels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process would run out of descriptors by coming back after every failure."""
    host = redis_host("sentinel://127.0.0.1:1,127.0.0.1:2/main")
    pool = create_pool(host)
    pools = [pool, *(each.connection_pool for each in pool.sentinel_manager.sentinels)]
    closed: list[object] = []

    def note(one: object) -> Callable[[], Awaitable[None]]:
        async def disconnect() -> None:
            closed.append(one)

        return disconnect

    for each in pools:
        monkeypatch.setattr(each, "disconnect", note(each))
    await close_pool(pool)
    assert closed == pools
    closed.clear()
    await close_pool(pools[1])
    assert closed == [pools[1]]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_connection_to_a_sentinel_is_left_open(watched: WatchedRedis) -> None:
    """A process would run out of descriptors by coming back after every failure."""
    before = open_files()
    for _ in range(3):
        ledger = Ledger(redis_host(watched.url), "channel", 1024)
        await ledger.register("p", 8, 0, {})
        await ledger.close()
    assert open_files() == before
