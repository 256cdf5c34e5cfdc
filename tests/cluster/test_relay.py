"""Processes that share a Redis, and what becomes of a conversation when it fails them."""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chat.cluster import contact
from chat.cluster import session as session_module
from chat.cluster.answers import START, Snapshot
from chat.cluster.layer import ClusterLayer
from chat.config.conf import Conf
from chat.protocol.messages import RESTART
from chat.room.life import PartedError
from chat.serving.assembly import make_room
from tests.cluster.peers import Guest, Peers, relay_of, settled, vanish
from tests.fakes import FakeTransport, join, until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench.faults.redis import RunningRedis
    from chat.serving.assembly import Parts

    Fault = Callable[[RunningRedis], Awaitable[None]]

# redis-py leaves a socket to the garbage collector whose handshake a fault has cut short.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

PAUSE_SECONDS = 4.0


async def nothing(_: RunningRedis) -> None:
    """Fail in no way."""


async def cut(redis: RunningRedis) -> None:
    """Close all connections, some times."""
    for _ in range(4):
        await asyncio.to_thread(redis.cut_clients)
        await asyncio.sleep(0.2)


async def pause(redis: RunningRedis) -> None:
    """Stop Redis for longer than a call waits, so that calls are made twice."""
    redis.pause()
    await asyncio.sleep(PAUSE_SECONDS)
    redis.resume()


async def sleep(redis: RunningRedis) -> None:
    """Let Redis be busy."""
    await asyncio.to_thread(redis.client.execute_command, "DEBUG SLEEP 1")


async def empty(redis: RunningRedis) -> None:
    """Empty Redis while it runs."""
    await asyncio.to_thread(redis.client.flushall)


async def restart(redis: RunningRedis) -> None:
    """Restart Redis empty."""
    redis.kill()
    await asyncio.sleep(0.3)
    await asyncio.to_thread(redis.start)


async def restart_with_snapshot(redis: RunningRedis) -> None:
    """Restart Redis with what it knew some time before."""
    await asyncio.to_thread(redis.client.save)
    await asyncio.sleep(0.5)
    await restart(redis)


async def talk(guests: list[Guest], dice: random.Random, done: asyncio.Event) -> list[list[str]]:
    """Have all talk at random until told; return what each said."""
    said: list[list[str]] = [[] for _ in guests]
    while not done.is_set():
        number = dice.randrange(len(guests))
        said[number].append(f"{number}-{len(said[number])}")
        guests[number].say(said[number][-1])
        await asyncio.sleep(dice.expovariate(200))
    return said


@pytest.mark.parametrize(
    "fault", [nothing, cut, pause, sleep, empty, restart, restart_with_snapshot]
)
async def test_everybody_hears_everything_once(
    peers: Peers, redis: RunningRedis, fault: Fault
) -> None:
    """A fault of Redis would cost somebody a message or the connection, or double a message."""
    rooms = [await peers.room() for _ in range(3)]
    guests = await peers.guests(*rooms)
    done = asyncio.Event()
    talking = asyncio.create_task(talk(guests, random.Random(5), done))
    await asyncio.sleep(0.3)
    await fault(redis)
    await asyncio.sleep(0.3)
    done.set()
    said = await talking
    count = sum(map(len, said))
    await until(lambda: all(len(guest.chats) >= count for guest in guests))
    await settled()
    for guest in guests:
        assert guest.codes == []
        assert len(guest.heard) == len(set(guest.heard))
        for number, texts in enumerate(said):
            assert [text for text in guest.chats if text.startswith(f"{number}-")] == texts
        if fault not in {empty, restart, restart_with_snapshot}:
            assert guest.chats == guests[0].chats


async def test_reading_pauses_while_redis_is_away(peers: Peers, redis: RunningRedis) -> None:
    """Memory would grow with what is said meanwhile, or some of it be dropped."""
    rooms = [await peers.room(outbox_bytes=4096) for _ in range(2)]
    near, far = await peers.guests(*rooms)
    redis.pause()
    texts: list[str] = []
    async with asyncio.timeout(30):
        while not near.transport.is_paused:
            texts.append(f"{len(texts)} " + "x" * 500)
            near.say(texts[-1])
            await asyncio.sleep(0)
    assert len(texts) < 20
    redis.resume()
    await far.hear(*texts)
    await until(lambda: not near.transport.is_paused)
    assert far.chats == texts


async def test_without_redis_for_too_long_members_are_told_to_come_back(
    peers: Peers, redis: RunningRedis, quick_death: None
) -> None:
    """People would talk into a room that delivers nothing, and be kept out when it does again."""
    rooms = [await peers.room(timeout=1.0) for _ in range(2)]
    near, far = await peers.guests(*rooms)
    redis.kill()
    near.say("never delivered")
    await until(lambda: rooms[0].relay.fault and rooms[1].relay.fault)
    assert near.codes == far.codes == [1013]
    assert "Redis" in rooms[0].relay.fault
    redis.start()
    await until(lambda: not rooms[0].relay.fault and not rooms[1].relay.fault)
    back = await peers.guests(*rooms)
    back[0].say("back")
    await back[1].hear("back")
    await settled()
    assert back[1].chats == ["back"]
    assert near.chats == far.chats == []


async def test_paused_for_too_long_the_old_members_leave_once(
    peers: Peers, redis: RunningRedis, quick_death: None
) -> None:
    """Members who were told to come back would stay as ghosts beside their new selves."""
    rooms = [await peers.room(timeout=60.0), await peers.room(timeout=1.0)]
    near, far = await peers.guests(*rooms)
    redis.pause()
    await until(lambda: rooms[1].relay.fault)
    redis.resume()
    await until(lambda: near.leaves)
    await settled(1.5)
    assert near.leaves == [far.id]
    assert near.codes == []
    assert far.codes == [1013]
    [back] = await peers.guests(rooms[1])
    near.say("together")
    await back.hear("together")
    await until(lambda: rooms[0].relay.online == rooms[1].relay.online == 2)


async def test_the_members_of_a_dead_process_leave_once(
    peers: Peers, redis: RunningRedis, quick_death: None
) -> None:
    """A crash would leave ghosts, or have them leave once for every survivor."""
    rooms = [await peers.room() for _ in range(4)]
    guests = await peers.guests(*rooms, rooms[3])
    vanish(rooms[3])
    survivors = guests[:3]
    await until(lambda: all(len(guest.leaves) >= 2 for guest in survivors))
    await settled(1.5)
    for guest in survivors:
        assert sorted(guest.leaves) == sorted(ghost.id for ghost in guests[3:])
        assert guest.codes == []
    await until(lambda: rooms[0].relay.online == 3)


async def test_who_dies_with_redis_leaves_too(
    peers: Peers, redis: RunningRedis, quick_death: None
) -> None:
    """When a machine fails that runs Redis and a process, its members would stay for ever."""
    rooms = [await peers.room() for _ in range(3)]
    near, far, ghost = await peers.guests(*rooms)
    redis.kill()
    vanish(rooms[2])
    redis.start()
    await until(lambda: near.leaves and far.leaves)
    await settled(1.5)
    assert near.leaves == far.leaves == [ghost.id]
    assert near.codes == far.codes == []


async def test_a_process_that_wakes_up_dead_closes_its_members(
    peers: Peers, redis: RunningRedis, quick_death: None
) -> None:
    """Somebody would be in the room unseen, talking to nobody."""
    rooms = [await peers.room() for _ in range(2)]
    near, far = await peers.guests(*rooms)
    relay = relay_of(rooms[1])
    ledger = relay._ledger
    assert ledger is not None
    asleep = asyncio.Event()

    async def beat(*_: object) -> None:
        await asleep.wait()
        raise TimeoutError

    real, ledger.beat = ledger.beat, beat  # type: ignore[assignment,method-assign]
    await until(lambda: near.leaves)
    ledger.beat = real  # type: ignore[method-assign]
    asleep.set()
    far.say("unseen")
    await until(lambda: far.codes)
    await until(lambda: not rooms[1].relay.fault)
    [back] = await peers.guests(rooms[1])
    near.say("together")
    await back.hear("together")
    await near.hear("together")
    assert far.codes == [1013]
    assert near.chats == ["together"]
    assert near.leaves == [far.id]


async def test_a_newcomer_is_not_told_what_was_said_before(
    peers: Peers, redis: RunningRedis
) -> None:
    """After a restart of Redis people would read old messages, and see old arrivals, as new."""
    rooms = [await peers.room() for _ in range(2)]
    near, far = await peers.guests(*rooms)
    near.say("before")
    await far.hear("before")
    rooms.append(await peers.room())
    [late] = await peers.guests(rooms[2])
    await restart(redis)
    rooms.append(await peers.room())
    [later] = await peers.guests(rooms[3])
    near.say("after")
    for guest in (near, far, late, later):
        await guest.hear("after")
    await settled(1.5)
    assert near.chats == far.chats == ["before", "after"]
    assert late.chats == later.chats == ["after"]


async def test_a_journal_is_published_to_its_end(peers: Peers, redis: RunningRedis) -> None:
    """A second fault while the first is mended would lose what was said before it."""
    rooms = [await peers.room() for _ in range(2)]
    near, far = await peers.guests(*rooms)
    shard = relay_of(rooms[1])._layer._get_layer()._shards[0]
    shard._is_crowded = lambda: True  # far hears nothing from now on
    await shard.drop()
    texts = [str(number) for number in range(20)]
    for text in texts:
        near.say(text)
        await near.hear(text)
    session = relay_of(rooms[0])._session
    assert session is not None
    real, calls = session._publish_once, 0

    async def fail_in_the_middle(batch: dict[str, object]) -> object:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise TimeoutError
        return await real(batch)

    session._publish_once = fail_in_the_middle  # type: ignore[assignment,method-assign]
    await restart(redis)
    near.say("after")
    await near.hear("after")
    del shard._is_crowded
    near.say("at last")
    await far.hear("at last")
    assert far.chats == near.chats == [*texts, "after", "at last"]
    assert far.codes == []


async def test_one_that_stops_while_redis_is_away_leaves_no_ghosts(
    peers: Peers, redis: RunningRedis, quick_death: None
) -> None:
    """The members of a process that was stopped at a bad moment would never leave."""
    rooms = [await peers.room() for _ in range(2)]
    near, far = await peers.guests(*rooms)
    redis.pause()
    rooms[1].closing.close(RESTART)
    await rooms[1].stop()
    redis.resume()
    await until(lambda: near.leaves)
    await settled(1.5)
    assert near.leaves == [far.id]


async def test_starts_when_redis_comes(peers: Peers, redis: RunningRedis) -> None:
    """A process that was up before Redis would keep everybody out until somebody restarts it."""
    redis.kill()
    room: Parts = await peers.room()
    assert "cannot be reached" in room.relay.fault
    redis.start()
    await until(lambda: not room.relay.fault)
    near, far = await peers.guests(room, await peers.room())
    near.say("hello")
    await far.hear("hello")


async def test_counts_everybody_in_every_process(peers: Peers) -> None:
    """The page and the list of servers would tell of too few people."""
    rooms = [await peers.room() for _ in range(3)]
    await peers.guests(*rooms, rooms[0])
    await until(lambda: all(room.relay.online == 4 for room in rooms))


async def test_after_a_defect_the_members_have_left_and_the_process_is_another(
    peers: Peers, redis: RunningRedis, quick_death: None
) -> None:
    """Those who were closed would stay in the others' lists for ever, beside their new selves."""
    rooms = [await peers.room() for _ in range(2)]
    near, far = await peers.guests(*rooms)
    session = relay_of(rooms[1])._session
    assert session is not None
    former = session.process

    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    session._ledger.beat = fail  # type: ignore[assignment,method-assign]
    await until(lambda: near.leaves and not rooms[1].relay.fault)
    [back] = await peers.guests(rooms[1])
    near.say("together")
    await back.hear("together")
    await settled(1.5)
    session = relay_of(rooms[1])._session
    assert session is not None
    assert session.process != former
    assert far.codes == [1013]
    assert near.leaves == [far.id]
    assert near.codes == []


@pytest.mark.parametrize("error", [RuntimeError("the handler is closed"), ConnectionResetError()])
async def test_a_connection_that_is_reset_costs_nobody_anything(
    peers: Peers, redis: RunningRedis, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A proxy in front of Redis that accepts and then resets would close everybody's visit."""
    near, far = await peers.guests(await peers.room(), await peers.room())

    async def reset(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("redis.asyncio.connection.Connection.send_packed_command", reset)
        near.say("meanwhile")
        await settled(1.5)
    await far.hear("meanwhile")
    assert near.codes == far.codes == []


async def test_a_process_that_is_cut_off_says_so_and_then_closes_its_members(
    peers: Peers, redis: RunningRedis, quick_death: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newcomers would be led into silence, and members talk to nobody for half a minute."""
    monkeypatch.setattr(session_module, "BEAT_SECONDS", 0.2)
    monkeypatch.setattr(contact, "UNREADY_SECONDS", 0.7)
    monkeypatch.setattr(contact, "MOST_SECONDS", 1.7)
    rooms = [await peers.room(timeout=30.0) for _ in range(2)]
    near, far = await peers.guests(*rooms)
    session = relay_of(rooms[1])._session
    assert session is not None

    async def hang(*_: object) -> None:
        raise TimeoutError

    real = session._ledger.beat
    session._ledger.beat = hang  # type: ignore[assignment,method-assign]
    await until(lambda: rooms[1].relay.fault)
    assert far.codes == []
    session._ledger.beat = real  # type: ignore[method-assign]
    await until(lambda: not rooms[1].relay.fault)
    session._ledger.beat = hang  # type: ignore[assignment,method-assign]
    await until(lambda: far.codes)
    assert far.codes == [1013]
    assert rooms[1].relay.online == 0
    await until(lambda: near.leaves == [far.id])
    assert near.codes == []


async def test_who_is_buried_does_not_hear_of_it(
    peers: Peers, redis: RunningRedis, quick_death: None
) -> None:
    """A page would show its own reader leaving, and the others still there."""
    rooms = [await peers.room() for _ in range(2)]
    near, far = await peers.guests(*rooms)
    session = relay_of(rooms[1])._session
    assert session is not None

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    session._ledger.beat = hang  # type: ignore[assignment,method-assign]
    await until(lambda: near.leaves == [far.id] and far.codes)
    assert far.leaves == []
    assert far.codes == [1013]


@pytest.mark.parametrize(
    "change", [{"count": None}, {"frames": "text"}, {"joins": [[900, "x"]]}, {"version": 99}]
)
async def test_a_bad_batch_is_skipped_and_ends_nobodys_visit(
    peers: Peers, redis: RunningRedis, change: dict[str, object]
) -> None:
    """One process with a defect, or of a later version, would close everybody everywhere."""
    rooms = [await peers.room() for _ in range(3)]
    guests = await peers.guests(*rooms)
    session = relay_of(rooms[2])._session
    assert session is not None
    serialize: Callable[[object], bytes] = session._layer.serialize

    def spoil(batch: dict[str, object]) -> bytes:
        spoilt = {key: value for key, value in (batch | change).items() if value is not None}
        return serialize(spoilt)

    session._layer.serialize = spoil
    guests[2].say("spoilt")
    await until(lambda: all(room.relay.skipped for room in rooms[:2]))
    session._layer.serialize = serialize
    guests[0].say("sound")
    guests[2].say("mended")
    for guest in guests[:2]:
        await guest.hear("sound", "mended")
        assert "spoilt" not in guest.chats
        assert guest.codes == []
    assert [room.relay.skipped for room in rooms[:2]] == [1, 1]


async def test_a_later_version_writes_what_all_can_read(
    peers: Peers, redis: RunningRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of an update some would miss what others say, without knowing."""
    old = await peers.room()
    monkeypatch.setattr(session_module, "VERSION", 2)
    guests = await peers.guests(old, await peers.room())
    for number in range(3):
        guests[1].say(f"later {number}")
        await guests[0].hear(f"later {number}")
    assert old.relay.skipped == 0


class Book:
    """A ledger that can be asked to resign so often."""

    def __init__(self, answers: int = 99) -> None:
        self.answers = answers
        self.registered = ""
        self.resigned: list[str] = []
        self.is_closed = False

    async def register(self, process: str, *_: object) -> str:
        """Note who."""
        self.registered = process
        return "run:1000"

    async def snapshot(self) -> Snapshot:
        """Tell of an order that begins."""
        return Snapshot(START, {}, {})

    async def resign(self, process: str) -> None:
        """Note who."""
        if not self.answers:
            raise ConnectionError("gone")
        self.answers -= 1
        self.resigned.append(process)

    async def close(self) -> None:
        """Note it."""
        self.is_closed = True


@pytest.fixture
async def alone() -> Parts:
    """Make a room whose Redis is never asked."""
    layer = ClusterLayer(hosts=["redis://127.0.0.1:1"], replay_bytes=1024, timeout=5)
    return make_room(layer, Conf())


def take_part(room: Parts, book: Book) -> None:
    session: Any = SimpleNamespace(process="me", online=3)
    ledger: Any = book
    relay_of(room)._session, relay_of(room)._ledger = session, ledger


async def test_nothing_is_heard_after_the_own_burial(
    alone: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members whom all others count as gone would go on to hear the room."""
    relay = relay_of(alone)
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(alone.arrivals, "deliver", heard.append)
    batches = [
        {"number": number, "buried": buried, "joins": [], "leaves": [], "controls": [],
         "frames": b"%d" % number, "count": 1}
        for number, buried in enumerate(["", "other", "me", ""])
    ]  # fmt: skip
    relay.take(batches[:1])
    take_part(alone, Book())
    relay.take(batches[:2])
    with pytest.raises(PartedError, match="declared this one dead"):
        relay.take(batches)
    with pytest.raises(PartedError):
        relay.take(batches[2:])
    assert [(batch["frames"], batch["count"]) for batch in heard] == [(b"0", 1), *[(b"01", 2)] * 2]


async def test_tells_how_the_room_is(alone: Parts) -> None:
    """The page would tell of too few people, and a load balancer of a process that is well."""
    relay = relay_of(alone)
    assert (relay.online, relay.fault, relay.errors, relay.skipped) == (0, "", 0, 0)
    alone.room.members["anna"] = None  # type: ignore[assignment]
    assert relay.online == 1
    take_part(alone, Book())
    assert relay.online == 3
    relay.cut(ConnectionError("gone"))
    relay.cut(ConnectionError("gone"))
    del alone.room.members["anna"]
    relay.pass_on({})
    relay.pass_on({"type": "_private"})
    assert (relay.errors, relay.skipped) == (2, 2)
    relay._contact.fault = "silent"
    assert relay.fault == "silent"
    relay._life.fault = "parted"
    assert relay.fault == "parted"
    assert relay._contact._most == 5
    assert not relay.is_behind
    alone.fanout.pending_bytes = 10**9
    assert relay.is_behind


async def test_who_missed_something_is_told_to_come_back(
    alone: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    """Members would go on without knowing that they have not heard all."""
    transport = FakeTransport()
    join(alone, transport)
    relay_of(alone).lose()
    assert len(transport.closed) == 1
    assert caplog.messages == ["messages were lost: closing the members of this process"]


async def test_who_stops_resigns(alone: Parts, caplog: pytest.LogCaptureFixture) -> None:
    """The members of a process that was stopped would stay in the list for eight seconds."""
    relay, book = relay_of(alone), Book()
    await relay.stop()
    take_part(alone, book)
    await relay.stop()
    assert (book.resigned, book.is_closed) == (["me"], True)
    assert (relay._session, relay._ledger) == (None, None)
    assert caplog.messages == []
    take_part(alone, book)
    relay._ledger = None
    await relay.stop()
    assert book.resigned == ["me"]
    take_part(alone, Book(0))
    await relay.stop()
    assert caplog.messages == ["cannot resign from Redis, the others will notice: gone"]


async def test_takes_part_with_all_its_duties(
    alone: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process would be deaf, or dumb, or be taken for dead, while it seems to be well."""
    relay, book = relay_of(alone), Book()
    done: list[Any] = []
    layer = relay._layer

    async def subscribe() -> str:
        layer.stock.channels["here"] = asyncio.Queue()
        done.append(("subscribe",))
        return "here"

    def note(name: str) -> Callable[..., Awaitable[None]]:
        async def step(*given: object) -> None:
            done.append((name, *given))

        return step

    monkeypatch.setattr(layer, "subscribe", subscribe)
    monkeypatch.setattr(layer, "close_connections", note("flush"))
    monkeypatch.setattr(layer, "open_ledger", lambda _: book)
    for step in ("start", "stop"):
        monkeypatch.setattr(relay._life, step, note(step))
    relay._former = ["old"]
    await relay.start()
    duties: Any = await relay._join()
    for duty in duties:
        duty.close()
    assert [duty.__qualname__ for duty in duties] == [
        "Reader.run", "Publisher.run", "Session.be_heard", "Session.tend", "Contact.watch",
    ]  # fmt: skip
    assert relay._session is not None
    own = relay._session.process
    assert (book.registered, book.resigned) == (own, ["old"])
    await relay.stop()
    assert book.resigned == ["old", own]
    assert done == [("start",), ("subscribe",), ("stop",), ("flush",)]


async def test_who_comes_back_has_all_former_selves_resign(alone: Parts) -> None:
    """Some of those who were here before an outage would stay in the list, or leave it twice."""
    relay, book = relay_of(alone), Book(1)
    for _ in range(3):
        take_part(alone, Book())
        await relay._part()
    await relay._part()
    ledger: Any = book
    with pytest.raises(ConnectionError):
        await relay._resign_former(ledger)
    assert (book.resigned, relay._former) == (["me"], ["me", "me"])
    book.answers = 9
    await relay._resign_former(ledger)
    assert (len(book.resigned), relay._former) == (3, [])
