"""The layer alone: what it reads, and how it lives with a Redis that cuts it off."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from bench.faults.redis import RunningRedis
from chat.cluster import shard
from chat.cluster.host import redis_host
from chat.cluster.layer import ClusterLayer
from tests.cluster.peers import Peers, peers_over, relay_of, settled
from tests.fakes import until

if TYPE_CHECKING:
    from collections.abc import Iterator

# redis-py leaves a socket to the garbage collector whose handshake a fault has cut short.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

CUTS_SLOW_SUBSCRIBERS = ("--client-output-buffer-limit", "pubsub", "256kb", "128kb", "2")


def make(url: str) -> Any:
    """Return a layer that need not reach its Redis."""
    return ClusterLayer(hosts=[redis_host(url)], replay_bytes=1, timeout=1)


@pytest.mark.parametrize(
    "message",
    [b"", b"@", b"@epoch 0-0\nbody", b"@epoch 0-0 x-1\n\x80", b"\xc1", b"\x93\x01", b"\x07"],
)
def test_what_cannot_be_read_has_no_type(message: bytes) -> None:
    """A stray message in Redis would leave every process deaf."""
    assert make("redis://localhost").deserialize(message).get("type") is None


def test_a_body_that_cannot_be_read_keeps_its_place() -> None:
    """The order behind a stray message would look like a gap for ever."""
    read = make("redis://localhost").deserialize(b"@epoch 1-0 1-1\n\xc1")
    assert read == {"log": ("epoch", (1, 0), (1, 1))}


async def test_databases_of_one_redis_are_rooms_apart(redis: RunningRedis) -> None:
    """People in the room of another site on the same Redis would be overheard."""

    class Other(RunningRedis):
        url = f"{redis.url}/1"

        def __init__(self) -> None:
            self.port = redis.port

    async with peers_over(redis) as ours, peers_over(Other()) as theirs:
        [near] = await ours.guests(await ours.room())
        [far] = await theirs.guests(await theirs.room())
        near.say("ours")
        far.say("theirs")
        await near.hear("ours")
        await far.hear("theirs")
        await settled()
        assert near.chats == ["ours"]
        assert far.chats == ["theirs"]
        assert far.room.relay.skipped == near.room.relay.skipped == 0


async def test_goes_on_after_a_connection_that_was_used_too_early(
    peers: Peers, redis: RunningRedis
) -> None:
    """A process would be deaf for ever, while it seems to be well."""
    rooms = [await peers.room(), await peers.room()]
    near, far = await peers.guests(*rooms)
    [shard] = relay_of(rooms[1])._layer._get_layer()._shards
    real, failures = shard._pubsub.get_message, 0

    async def fail_once(**options: Any) -> Any:
        nonlocal failures
        failures += 1
        if failures == 1:
            raise RuntimeError("read() called while another coroutine is waiting")
        return await real(**options)

    shard._pubsub.get_message = fail_once
    near.say("first")
    near.say("second")
    await until(lambda: failures)
    near.say("third")
    await far.hear("third")
    assert far.chats == ["first", "second", "third"]
    assert not shard._receive_task.done()


@pytest.fixture
def stingy() -> Iterator[RunningRedis]:
    """Start a Redis that cuts a subscriber off for a backlog of a quarter of a megabyte."""
    with RunningRedis(CUTS_SLOW_SUBSCRIBERS) as running:
        yield running


@pytest.mark.processes
async def test_a_subscriber_that_redis_cuts_misses_nothing(
    stingy: RunningRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that lags behind would lose messages, or keep all of them in its memory."""
    monkeypatch.setattr(shard, "MOST_WAITING", 2)
    async with peers_over(stingy) as peers:
        near, far = await peers.guests(
            await peers.room(outbox_bytes=2**40), await peers.room(outbox_bytes=2**40)
        )
        _narrow(far.room)
        cut_off = _hold(far.room)
        texts: list[str] = []
        while _subscribers(stingy) == 2:
            assert len(texts) < 400
            for _ in range(10):
                texts.append(f"{len(texts)} " + "x" * 50_000)
                near.say(texts[-1])
            await until(lambda: texts[-1].encode() in near.transport.written[-1])
        cut_off()
        await until(lambda: texts[-1].encode() in far.transport.written[-1])
        assert far.chats == texts
        assert far.codes == []
        assert near.codes == []


def _subscribers(redis: RunningRedis) -> int:
    """Return how many clients Redis has that subscribe."""
    return len(redis.client.client_list(_type="pubsub"))


def _narrow(room: Any) -> None:
    """Have the kernel take little of what Redis sends: by itself it would take ten megabytes."""
    [shard] = relay_of(room)._layer._get_layer()._shards
    raw = shard._pubsub.connection._writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)


def _hold(room: Any) -> Any:
    """Have a room say that it is behind, until what is returned is called."""
    receiver = room.brake
    kind = type(receiver)
    held = type("Held", (kind,), {"is_behind": True})
    receiver.__class__ = held

    def release() -> None:
        receiver.__class__ = kind

    return release


async def test_a_gap_that_is_forgotten_closes_the_members(peers: Peers) -> None:
    """People would go on in a conversation with a hole that nobody told them of."""
    rooms = [
        await peers.room(outbox_bytes=2**40, replay_bytes=1024 * 1024),
        await peers.room(outbox_bytes=2**40, replay_bytes=1024 * 1024),
    ]
    near, far = await peers.guests(*rooms)
    shard = relay_of(rooms[1])._layer._get_layer()._shards[0]
    shard._is_crowded = lambda: True
    texts = [f"{number} " + "x" * 50_000 for number in range(30)]
    for text in texts:
        near.say(text)
    await until(lambda: texts[-1].encode() in near.transport.written[-1])
    await shard.drop()
    del shard._is_crowded
    near.say("after")
    await near.hear("after")
    near.say("and after")
    await until(lambda: far.codes == [1013] and near.leaves == [far.id])
    sessions = [relay_of(room)._session for room in rooms]
    readers = [session._reader for session in sessions if session is not None]
    await until(lambda: readers[0].place == readers[1].place)
    [back] = await peers.guests(rooms[1])
    near.say("whole again")
    for guest in (near, back):
        await guest.hear("whole again")
    assert near.chats == [*texts, "after", "and after", "whole again"]
    assert near.leaves == [far.id]
