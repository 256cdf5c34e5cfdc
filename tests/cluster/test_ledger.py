"""The scripts in Redis, called as processes call them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from chat.cluster import ledger
from chat.cluster.answers import START, Standing, parse_place
from chat.cluster.contact import REDIS_ERRORS
from chat.cluster.host import redis_host
from chat.cluster.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench.faults.redis import RunningRedis

DEATH = 0.2

# redis-py leaves a socket to the garbage collector that a fault has cut short.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
async def book(redis: RunningRedis) -> AsyncIterator[Ledger]:
    """Open the ledger of a room."""
    opened = Ledger(redis_host(redis.url), "channel", 1024)
    yield opened
    await opened.close()


def batch(process: str, number: int, joins: str = "", leaves: str = "") -> dict[str, Any]:
    """Return what a ledger reads of a batch; people are of one letter."""
    joined = [(0, member) for member in joins]
    return {
        "process": process, "number": number, "joins": joined, "leaves": [*leaves], "version": 1
    }  # fmt: skip


async def read(book: Ledger, epoch: str) -> list[bytes]:
    """Return all that is kept."""
    page = await book.since(epoch, START)
    assert page is not None
    return [payload for _, payload in page.batches]


async def outlive_grace(book: Ledger, epoch: str, *living: str) -> None:
    """Let the time pass in which nobody is overdue, and the silence that means death."""
    for _ in range(8):
        for process in living:
            await book.beat(epoch, process)
        await asyncio.sleep(DEATH / 4)


def test_places_are_in_order() -> None:
    """Batches would be taken for old ones, or for gaps."""
    assert parse_place(b"9-10") < parse_place(b"10-2") < parse_place(b"10-10")


async def test_a_batch_is_published_once(book: Ledger) -> None:
    """A call that was repeated since its answer was lost would double a message."""
    epoch = await book.register("p", DEATH, 0, {})
    for _ in range(2):
        assert (await book.append(epoch, batch("p", 1), b"one")).standing == Standing.OK
    assert (await book.append(epoch, batch("p", 2), b"two")).standing == Standing.OK
    assert (await book.append(epoch, batch("p", 1), b"one, late")).standing == Standing.OK
    assert await read(book, epoch) == [b"one", b"two"]


async def test_keeps_the_number_of_a_process_to_itself(book: Ledger) -> None:
    """A message would be lost because another process said as many before."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    await book.append(epoch, batch("p", 5), b"p5")
    await book.append(epoch, batch("q", 1), b"q1")
    assert await read(book, epoch) == [b"p5", b"q1"]
    assert (await book.snapshot()).numbers == {"p": 5, "q": 1}


async def test_who_is_not_known_is_told(book: Ledger) -> None:
    """A process declared dead would go on talking."""
    epoch = await book.register("p", DEATH, 0, {})
    assert (await book.append(epoch, batch("q", 1), b"")).standing == Standing.GONE
    assert (await book.beat(epoch, "q")).standing == Standing.GONE
    assert await read(book, epoch) == []


async def test_a_redis_that_was_emptied_is_in_another_epoch(
    book: Ledger, redis: RunningRedis
) -> None:
    """What was published before would be taken for known, and lost."""
    epoch = await book.register("p", DEATH, 0, {})
    redis.client.flushall()
    assert (await book.append(epoch, batch("p", 1), b"")).standing == Standing.EPOCH
    assert (await book.beat(epoch, "p")).standing == Standing.EPOCH
    assert await book.since(epoch, START) is None
    assert await book.register("p", DEATH, 0, {}) != epoch


async def test_an_old_snapshot_is_in_another_epoch(book: Ledger, redis: RunningRedis) -> None:
    """A Redis that came back with yesterday's numbers would swallow today's messages."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.append(epoch, batch("p", 1, joins="a"), b"one")
    redis.client.save()
    redis.kill()
    redis.start()
    assert redis.client.exists("wschat:log")
    for call in (book.members("p"), book.append(epoch, batch("p", 1), b"")):
        with contextlib.suppress(*REDIS_ERRORS):  # finds that its connection is down
            await call
    assert (await book.append(epoch, batch("p", 1), b"")).standing == Standing.EPOCH
    assert await book.since(epoch, START) is None
    again = await book.register("q", DEATH, 0, {})
    assert again != epoch
    assert (await book.snapshot()).rosters == {"q": set()}
    assert await read(book, again) == []


async def test_two_that_notice_at_once_share_the_epoch(book: Ledger, redis: RunningRedis) -> None:
    """Each process would be in a room of its own after a restart of Redis."""
    await book.register("p", DEATH, 0, {})
    redis.client.flushall()
    epochs = await asyncio.gather(*(book.register(name, DEATH, 0, {}) for name in "pqrs"))
    assert len(set(epochs)) == 1
    assert (await book.snapshot()).rosters.keys() == set("pqrs")


async def test_counts_members_of_all(book: Ledger) -> None:
    """The number of people on the page would be that of one process."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    await book.append(epoch, batch("p", 1, joins="abc"), b"")
    await book.append(epoch, batch("q", 1, joins="d"), b"")
    await book.append(epoch, batch("p", 2, leaves="b"), b"")
    assert (await book.beat(epoch, "p")).online == 3
    assert await book.members("p") == ["a", "c"]


async def test_a_silent_process_is_buried_once(book: Ledger) -> None:
    """Its members would stay for ever, or leave once for every survivor."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    await book.append(epoch, batch("q", 1, joins="a"), b"")
    early = batch("p", 1, leaves="a") | {"buried": "q"}
    assert (await book.bury(epoch, early, b"too early")).standing == Standing.LATE
    await outlive_grace(book, epoch, "p")
    assert (await book.beat(epoch, "p")).overdue == ["q"]
    unaware = batch("p", 2) | {"buried": "q"}
    assert (await book.bury(epoch, unaware, b"without a")).standing == Standing.LATE
    burial = batch("p", 3, leaves="a") | {"buried": "q"}
    assert (await book.bury(epoch, burial, b"buried")).standing == Standing.OK
    assert (await book.bury(epoch, burial | {"number": 4}, b"again")).standing == Standing.LATE
    assert (await book.append(epoch, batch("q", 2), b"a ghost")).standing == Standing.GONE
    assert await read(book, epoch) == [b"", b"buried"]
    assert (await book.snapshot()).rosters == {"p": set()}


async def test_nobody_is_overdue_when_redis_stood_still(book: Ledger, redis: RunningRedis) -> None:
    """A pause of Redis would put everybody out of the room."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    await outlive_grace(book, epoch, "p", "q")
    redis.client.hincrby("wschat:clock", "heard", -10_000)
    await asyncio.sleep(1.5 * DEATH)
    assert (await book.beat(epoch, "p")).overdue == []


async def test_who_resigns_with_members_is_overdue_at_once(book: Ledger) -> None:
    """A process that stopped while Redis was away would leave its members behind."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    await outlive_grace(book, epoch, "p", "q")
    await book.append(epoch, batch("q", 1, joins="a"), b"")
    await book.resign("q")
    assert (await book.beat(epoch, "p")).overdue == ["q"]
    await book.resign("p")
    assert (await book.snapshot()).rosters.keys() == {"q"}


async def test_the_living_speak_for_the_dead_in_a_new_epoch(book: Ledger) -> None:
    """Who died with Redis would leave ghosts, since the new Redis never heard of them."""
    epoch = await book.register("p", DEATH, 0, {"p": "x", "q": "ab", "r": "c"})
    assert (await book.snapshot()).rosters == {"p": {"x"}, "q": {"a", "b"}, "r": {"c"}}
    await book.register("r", DEATH, 0, {"r": "d", "q": "a"})
    assert (await book.snapshot()).rosters == {"p": {"x"}, "q": {"a", "b"}, "r": {"d"}}
    await outlive_grace(book, epoch, "p", "r")
    assert (await book.beat(epoch, "p")).overdue == ["q"]


async def test_who_has_left_an_epoch_is_not_brought_back(book: Ledger) -> None:
    """Somebody who knows an old roster would have members leave a second time."""
    epoch = await book.register("p", DEATH, 0, {"p": ["a"]})
    await book.register("q", DEATH, 0, {"q": ["b"]})
    await book.append(epoch, batch("p", 1, leaves="a"), b"p's last word")
    await book.resign("p")
    await outlive_grace(book, epoch)
    await book.register("s", DEATH, 0, {})
    await book.bury(epoch, {**batch("s", 1, leaves="b"), "buried": "q"}, b"q is dead")
    await book.register("late", DEATH, 0, {"p": ["a"], "q": ["b"]})
    assert (await book.snapshot()).rosters == {"s": set(), "late": set()}


async def test_nothing_is_published_that_somebody_cannot_read(book: Ledger) -> None:
    """Members of a process of the release before would miss what those of this one say."""
    epoch = await book.register("p", DEATH, 0, {}, 2)
    later = {**batch("p", 1), "version": 2}
    assert (await book.append(epoch, later, b"one")).standing == Standing.OK
    assert (await book.beat(epoch, "p")).reads == 2
    await book.register("q", DEATH, 0, {})
    assert (await book.append(epoch, {**later, "number": 2}, b"")).standing == Standing.VERSION
    assert (await book.beat(epoch, "p")).reads == 1
    assert (await book.append(epoch, batch("p", 2), b"two")).standing == Standing.OK
    assert await read(book, epoch) == [b"one", b"two"]
    await book.resign("q")
    async with asyncio.timeout(30):
        while (await book.beat(epoch, "p")).reads != 2:
            await asyncio.sleep(0.05)


async def test_a_late_registration_undoes_nothing(book: Ledger) -> None:
    """A packet that a broken network delivers late would make a member a ghost."""
    epoch = await book.register("p", DEATH, 0, {"p": "a"})
    await book.append(epoch, batch("p", 1, joins="b", leaves="a"), b"")
    await book.register("p", DEATH, 0, {"p": "a"})
    assert await book.members("p") == ["b"]


async def test_forgets_the_oldest_and_says_so(book: Ledger) -> None:
    """Redis would fill up, or a reader not learn that it missed something."""
    epoch = await book.register("p", DEATH, 0, {})
    for number in range(1, 11):
        await book.append(epoch, batch("p", number), bytes([number]) * 200)
    page = await book.since(epoch, START)
    assert page is not None
    assert [payload[0] for _, payload in page.batches] == [6, 7, 8, 9, 10]
    assert START < page.forgotten < page.batches[0][0]


async def test_a_batch_over_the_limit_is_kept_as_the_only_one(book: Ledger) -> None:
    """A small limit would lose what was just said."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.append(epoch, batch("p", 1), b"small")
    await book.append(epoch, batch("p", 2), b"x" * 5000)
    assert await read(book, epoch) == [b"x" * 5000]


async def test_pages_end_by_their_size(book: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap of large batches could not be read in the time that a call has."""
    monkeypatch.setattr(ledger, "PAGE_BYTES", 300)
    epoch = await book.register("p", DEATH, 0, {})
    for number in range(1, 6):
        await book.append(epoch, batch("p", number), bytes([number]) * 200)
    sizes, place = [], START
    while (page := await book.since(epoch, place)) and page.batches:
        sizes.append(len(page.batches))
        place = page.batches[-1][0]
    assert sizes == [2, 2, 1]


async def test_tells_where_a_batch_stands(book: Ledger) -> None:
    """A process would take its own batch too early, or wait for one that nobody sends it."""
    epoch = await book.register("p", DEATH, 0, {})
    first = await book.append(epoch, batch("p", 1), b"one")
    second = await book.append(epoch, batch("p", 2), b"two")
    assert START == first.prev < first.place == second.prev < second.place
    assert not second.is_told
    again = await book.append(epoch, batch("p", 2), b"two")
    assert (again.prev, again.place, again.is_told) == (second.place, second.place, False)
    await book.register("q", DEATH, 0, {})
    assert (await book.append(epoch, batch("p", 3), b"three")).is_told


async def test_a_full_redis_keeps_the_room_alive(book: Ledger, redis: RunningRedis) -> None:
    """One other user of Redis who fills it would silence the room for good."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    for number in range(1, 5):
        await book.append(epoch, batch("p", number), bytes([number]) * 200)
    redis.client.config_set("maxmemory", 1)
    assert (await book.beat(epoch, "p")).standing == Standing.OK
    assert (await book.append(epoch, batch("p", 5, joins="a"), b"5")).standing == Standing.OK
    assert [payload[:1] for payload in await read(book, epoch)] == [b"\3", b"\4", b"5"]
    assert (await book.snapshot()).rosters == {"p": {"a"}, "q": set()}
    await outlive_grace(book, epoch, "p")
    burial = batch("p", 6) | {"buried": "q"}
    assert (await book.bury(epoch, burial, b"buried")).standing == Standing.OK
    assert await book.register("r", DEATH, 0, {}) == epoch
    await book.resign("p")
    assert (await book.beat(epoch, "r")).overdue == ["p"]


async def test_who_may_not_send_changes_nothing(book: Ledger, redis: RunningRedis) -> None:
    """What nobody was sent would count as published, and grow in Redis without end."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    redis.client.acl_setuser("default", enabled=True, nopass=True, reset_channels=True)
    for _ in range(2):
        with pytest.raises(REDIS_ERRORS):
            await book.append(epoch, batch("p", 1, joins="a"), b"one")
    assert await read(book, epoch) == []
    assert await book.members("p") == []
    redis.client.acl_setuser("default", enabled=True, nopass=True, channels=["*"])
    told = await book.append(epoch, batch("p", 1, joins="a"), b"one")
    assert (told.prev, told.is_told) == (START, True)


async def test_a_clock_that_is_set_back_makes_nobody_live_longer(
    book: Ledger, redis: RunningRedis
) -> None:
    """Who died before the clock was set would stay in the room for as long as it was set back."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    ahead = 300_000
    redis.client.zincrby("wschat:processes", ahead, "q")
    for field in ("heard", "grace"):
        redis.client.hincrby("wschat:clock", field, ahead)
    await outlive_grace(book, epoch, "p")
    assert (await book.beat(epoch, "p")).overdue == ["q"]


async def test_a_burial_that_comes_late_is_not_published_again(book: Ledger) -> None:
    """A call that a broken network delivers twice would make the numbers run backwards."""
    epoch = await book.register("p", DEATH, 0, {})
    await book.register("q", DEATH, 0, {})
    await outlive_grace(book, epoch, "p")
    await book.append(epoch, batch("p", 7), b"later")
    late = batch("p", 3) | {"buried": "q"}
    assert (await book.bury(epoch, late, b"late")).standing == Standing.LATE
    assert (await book.snapshot()).numbers == {"p": 7}
