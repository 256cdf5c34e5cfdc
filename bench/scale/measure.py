"""Measure the constants, and whole rooms to hold the model against."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.faults.redis import RunningRedis
from bench.ours import all_accept, serving
from bench.scale.model import CHAT_BYTES, Constants
from bench.tree import Tree
from wschat_tools.load import Crowd, Joining, OpenLoop, parse_address

if TYPE_CHECKING:
    from bench.cores import Cores

SETTLE_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 2.0
# Bytes of contents that make CHAT_BYTES, and of chats whose bytes can be told from noise.
SIZE: Final = 64
LONG: Final = 16_000
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Room:
    """A room to measure: how many members, chats a second, workers, bytes of contents."""

    members: int
    chats: float
    workers: int = 1
    over_redis: bool = False
    size: int = SIZE


@dataclass(frozen=True, slots=True)
class Taken:
    """What it took: processor time a second of all workers and of Redis, and memory in bytes."""

    cores: float
    redis: float
    empty: int
    memory: int
    lost: int


def measure(room: Room, cores: Cores, seconds: float) -> Taken:
    """Start a server, fill its room, and chat in an open loop."""
    with ExitStack() as stack:
        redis = stack.enter_context(RunningRedis()) if room.over_redis else None
        process = stack.enter_context(serving(room.workers, redis, cores))
        return asyncio.run(_chat(room, Tree(process.child.pid), process.url, redis, seconds))


def constants(cores: Cores, seconds: float) -> Constants:
    """Measure each constant where nearly all else is small beside it.

    A room of 500 at 40 chats a second has time for every chat by itself.
    """
    quiet = measure(Room(5000, 0.1), cores, 4 * seconds)
    idle = quiet.cores / 5000
    pairs = [
        [measure(Room(500, 40, size=size), cores, seconds).cores for size in (SIZE, LONG)]
        for _ in range(ROUNDS)
    ]
    short = median(short for short, _ in pairs) - 500 * idle
    byte = median(long - short for short, long in pairs) / (40 * 500 * (LONG - SIZE))
    seldom, often, four = (
        measure(Room(4, chats, workers=workers, over_redis=True), cores, seconds)
        for chats, workers in ((10, 2), (100, 2), (100, 4))
    )
    hear = max(0.0, four.redis - often.redis) / (100 * 2)
    return Constants(
        write=short / (40 * 500) - CHAT_BYTES * byte,
        byte=byte,
        idle=idle,
        batch=(often.cores - seldom.cores) / (90 * 2),
        order=(often.redis - seldom.redis) / 90 - 2 * hear,
        hear=hear,
        member=(quiet.memory - quiet.empty) / 5000,
        process=quiet.empty,
    )


async def _chat(
    room: Room, tree: Tree, url: str, redis: RunningRedis | None, seconds: float
) -> Taken:
    await all_accept(tree, room.workers)
    async with Crowd(parse_address(url)) as crowd:
        await Joining(crowd, 2).run(settle=SETTLE_SECONDS)
        empty = tree.resident
        await Joining(crowd, room.members - 2).run(settle=SETTLE_SECONDS)
        await asyncio.sleep(IDLE_SECONDS)
        memory = tree.resident
        began, redis_began = tree.cpu_seconds, _redis_seconds(redis)
        loop = OpenLoop(crowd, room.chats, senders=min(room.members, 100), size=room.size)
        chatted = await loop.run(seconds, warm=0)
        cores = (tree.cpu_seconds - began) / seconds
        spent = (_redis_seconds(redis) - redis_began) / seconds
    return Taken(cores, spent, empty, memory, chatted.lost + chatted.extra + chatted.garbled)


def _redis_seconds(redis: RunningRedis | None) -> float:
    if redis is None:
        return 0.0
    used = redis.client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])
