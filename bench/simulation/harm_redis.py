"""What is done to Redis; what a function returns undoes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chat.cluster import ledger
from chat.protocol.frames import frame
from chat.room.outbox import EVENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.simulation.fault import Fault
    from bench.simulation.model import RedisModel
    from bench.simulation.stage import Stage

# What a full Redis has for streams at least: a few batches.
LEAST_BYTES: Final = 4096
PREFIX: Final = ledger.PREFIX.encode()


def publish_unreadable(stage: Stage, _: Fault) -> None:
    """Publish a batch of somebody who leaves a field out that this version needs."""
    model = stage.redis
    sessions = [server.parts.relay._session for server in _ready(stage)]
    if not sessions:
        return
    batch = {"type": EVENT, "at": 0.0, "frames": frame(b"{}"), "joins": [], "leaves": []}
    batch |= {"controls": [], "process": "other", "number": 1}  # and no count
    payload: bytes = sessions[0]._layer.serialize(batch)
    run, epoch = model.keyspace.run, sessions[0]._reader.epoch.encode()
    prev = run(b"GET", [PREFIX + b"tip"]) or b"0-0"
    place = run(b"XADD", [PREFIX + b"log", b"*", b"b", payload])
    run(b"SET", [PREFIX + b"tip", place])
    run(b"INCRBY", [PREFIX + b"size", b"%d" % len(payload)])
    for channel in model.channels:
        if b"group" in channel:
            model.publish(channel, b"@%b %b %b\n%b" % (epoch, prev, place, payload))


def _ready(stage: Stage) -> list[Any]:
    return [server for server in stage.servers if server.is_open]


def restart_redis(stage: Stage, fault: Fault) -> Callable[[], None]:
    """Restart Redis, with its data or without."""
    model = stage.redis
    keyspace = {"redis-restarted": model.keyspace, "redis-old": stage.snapshots.get(fault)}
    model.restart(stage.new_run_id(), keyspace.get(fault.kind))
    return _go(stage, model)


def go(stage: Stage, _: Fault) -> Callable[[], None]:
    """Let nobody connect to Redis."""
    return _go(stage, stage.redis)


def _go(stage: Stage, model: RedisModel) -> Callable[[], None]:
    for session in list(model.sessions):
        session.cut()
    stage.network.close_host(stage.host)
    return stage.listen


def flush(stage: Stage, _: Fault) -> None:
    """Empty Redis."""
    stage.redis.keyspace.data.clear()


def fail_over(stage: Stage, fault: Fault) -> Callable[[], None]:
    """Have a replica take over, that may lack what was written last."""
    former = stage.replace_redis()
    stage.redis.keyspace = stage.snapshots[fault]
    former.is_replica = True
    stage.network.close_host(stage.host)
    stage.host = f"redis-{stage.starts}" if stage.has_sentinels else stage.host
    stage.listen()

    def hand_over() -> None:
        for session in list(former.sessions):
            session.cut()

    return hand_over


def fill(stage: Stage, _: Fault) -> None:
    """Leave Redis no memory but what it has."""
    stage.redis.most_bytes = max(LEAST_BYTES, stage.redis.keyspace.size // 2)


def pause(stage: Stage, _: Fault) -> Callable[[], None]:
    """Stop Redis where it stands."""
    owner = stage.redis_owner
    owner.is_frozen = True
    return lambda: stage.loop.thaw(owner)


def set_clock(stage: Stage, fault: Fault) -> None:
    """Set Redis's clock."""
    stage.redis_owner.skew += fault.amount


def cut_clients(stage: Stage, _: Fault) -> None:
    """Close all connections to Redis."""
    for session in list(stage.redis.sessions):
        session.cut()


def cut_subscribers(stage: Stage, _: Fault) -> None:
    """Close the connections that subscribe."""
    for session in list(stage.redis.sessions):
        if session.subscribed:
            session.cut()
