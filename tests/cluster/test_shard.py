"""The connection that subscribes: what it does when it is cut, crowded or let go of."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from chat.cluster import shard as module
from chat.cluster.host import redis_host
from chat.cluster.layer import ClusterLayer
from chat.cluster.shard import MOST_WAITING, Shard
from tests.fakes import until


class Subscription:
    """What stands for redis-py's; it brings messages and errors in turn, then nothing."""

    def __init__(self, *brought: Any) -> None:
        self.brought = list(brought)
        self.connection: Any = self
        self.subscribed = True
        self.asked: list[dict[str, Any]] = []
        self.disconnected: list[bool] = []
        self.left: list[str] = []

    async def get_message(self, **options: Any) -> Any:
        """Return the next message, or raise."""
        self.asked.append(options)
        if not self.brought:
            await asyncio.Event().wait()
        one = self.brought.pop(0)
        if isinstance(one, Exception):
            raise one
        return one and {"channel": b"here", "data": one}

    async def disconnect(self, *, nowait: bool = False) -> None:
        """Note how."""
        self.disconnected.append(nowait)

    async def unsubscribe(self, channel: str) -> None:
        """Fail, as a connection that is gone does."""
        self.left.append(channel)
        raise RuntimeError(f"the handler of {channel} is closed")


@pytest.fixture
async def layer() -> ClusterLayer:
    """Make one whose Redis is never asked, with one channel."""
    made = ClusterLayer(hosts=[redis_host("redis://127.0.0.1:1")], replay_bytes=7, timeout=9)
    made._get_layer().channels["here"] = asyncio.Queue()
    return made


def shard_of(layer: ClusterLayer, subscription: Subscription | None = None) -> Any:
    [shard] = layer._get_layer()._shards
    shard._pubsub = subscription
    return shard


async def receive(shard: Shard, subscription: Subscription) -> None:
    receiving = asyncio.create_task(shard._do_receiving())
    await until(lambda: receiving.done() or not subscription.brought)
    await asyncio.sleep(0.01)
    assert not receiving.done()
    receiving.cancel()


async def test_a_loop_has_one_connection_of_our_kind(layer: ClusterLayer) -> None:
    """A cut would fill the log with tracebacks, or each message be received twice."""
    [shard] = layer._get_layer()._shards
    assert type(shard) is Shard
    assert [shard] == layer._get_layer()._shards
    assert (layer.replay_bytes, layer.timeout) == (7, 9)


async def test_a_cut_is_told_once_and_survived(
    layer: ClusterLayer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process would be deaf for ever, or tell of one cut four times a second."""
    waits: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(0)

    gone = ConnectionError("gone")
    subscription = Subscription(gone, gone, b"a", None, RuntimeError("closed"), b"b")
    shard = shard_of(layer, subscription)
    queue = layer._get_layer().channels["here"]
    monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=sleep))
    await receive(shard, subscription)
    assert waits == [0.25] * 3, "a Redis that is gone would be asked all the time"
    assert [queue.get_nowait() for _ in range(queue.qsize())] == [b"a", b"b"]
    assert shard.arrived.is_set()
    assert caplog.messages == [
        "the subscription to Redis is cut: gone",
        "the subscription to Redis is cut: closed",
    ]
    assert subscription.asked[0] == {"ignore_subscribe_messages": True, "timeout": None}


async def test_waits_until_it_subscribes(
    layer: ClusterLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first message would be lost, or a process that waits take the processor."""
    waits: list[float] = []
    real = asyncio.sleep
    subscription = Subscription(b"a")
    subscription.subscribed = False

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        subscription.subscribed = len(waits) == 2
        await real(0)

    replaced = SimpleNamespace(sleep=sleep)
    shard = shard_of(layer, subscription)
    monkeypatch.setattr(module, "asyncio", replaced)
    await receive(shard, subscription)
    assert waits == [0.25, 0.25]


async def test_leaves_to_redis_what_nobody_takes(
    layer: ClusterLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that lags would keep all that it has not handed out in its memory."""
    subscription = Subscription(*[b"x"] * (MOST_WAITING + 3))
    shard = shard_of(layer, subscription)
    queue = layer._get_layer().channels["here"]
    layer._get_layer().channels["there"] = asyncio.Queue()
    receiving = asyncio.create_task(shard._do_receiving())
    await asyncio.sleep(0.05)
    assert queue.qsize() == MOST_WAITING == 64
    queue.get_nowait()
    await until(lambda: len(subscription.brought) == 2)
    receiving.cancel()


async def test_a_connection_is_dropped_without_a_wait(layer: ClusterLayer) -> None:
    """What hangs would be waited for, or never be made anew."""
    shard_of(layer)
    await layer.resubscribe()
    subscription = Subscription()
    shard_of(layer, subscription)
    await layer.resubscribe()
    assert subscription.disconnected == [True]
    subscription.connection = None
    await layer.resubscribe()
    assert subscription.disconnected == [True]


async def test_who_leaves_without_redis_leaves_quietly(layer: ClusterLayer) -> None:
    """Each stop during an outage would leave a traceback in the log."""
    subscription = Subscription()
    shard = shard_of(layer, subscription)
    shard._redis = object()
    shard._receive_task = asyncio.create_task(asyncio.sleep(60))
    shard._subscribed_to = {"here"}
    await shard.unsubscribe("here")
    assert subscription.left == ["here"]
    shard._redis = None


async def test_all_connections_are_let_go_of(
    layer: ClusterLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process would run out of descriptors by coming back after every failure."""
    closed: list[Any] = []

    async def close(pool: Any) -> None:
        closed.append(pool)

    monkeypatch.setattr(module, "close_pool", close)
    [shard] = layer._get_layer()._shards
    await shard.flush()
    shard._ensure_redis()
    pool = shard._redis.connection_pool
    await layer.close_connections()
    assert closed == [pool]
    assert shard._redis is None


async def test_a_ledger_publishes_where_the_layer_listens(layer: ClusterLayer) -> None:
    """What is said would go to a channel that nobody hears."""
    ledger = layer.open_ledger("room")
    assert ledger._channel == layer._get_layer()._get_group_channel_name("room")
    assert ledger._channel.startswith("wschat:0:")
    assert ledger._most == 7


async def test_a_message_is_read_as_it_was_published(layer: ClusterLayer) -> None:
    """A batch would have no place, or be taken for what cannot be read."""
    event = {"type": "other", "text": "a\nb"}
    body = layer.serialize(event)
    assert layer.deserialize(body) == event
    assert layer.deserialize(event) is event
    read = layer.deserialize(b"@run:7 1-2 3-4\n" + body)
    assert read == {**event, "log": ("run:7", (1, 2), (3, 4))}
    assert layer.deserialize(b"@run:7 1-2\n" + body) == {}
