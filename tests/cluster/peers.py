"""Rooms of several processes, all within one: each over a channel layer of its own."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from channels.layers import InMemoryChannelLayer

from chat.cluster.host import redis_host
from chat.cluster.layer import ClusterLayer
from chat.cluster.relay import ClusterRelay
from chat.conf import Conf
from chat.frames import payloads
from chat.room import Room
from chat.visitor import Visitor
from tests.fakes import FakeTransport, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from channels.layers import BaseChannelLayer

    from bench.faults.redis import RunningRedis
    from chat.member import Member

REPLAY_BYTES = 64 * 1024 * 1024


class Guest:
    """A member of one peer's room, and what it heard."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.transport = FakeTransport()
        self.member: Member = room.join(self.transport, Visitor())

    @property
    def id(self) -> str:
        """The id that the room gave."""
        return self.member.id

    @property
    def heard(self) -> list[bytes]:
        """Every message so far, as bytes."""
        return list(payloads(self.transport.heard))

    @property
    def chats(self) -> list[str]:
        """What was said, in order."""
        return [m["contents"] for m in map(json.loads, self.heard) if m["action"] == "chat"]

    @property
    def leaves(self) -> list[str]:
        """Who left, in order."""
        return [m["contents"] for m in map(json.loads, self.heard) if m["action"] == "disconnect"]

    @property
    def codes(self) -> list[int]:
        """The codes that its connection was closed with."""
        return [code.code for code, _ in self.transport.closed]

    def say(self, text: str) -> None:
        """Say something."""
        self.room.say(self.member, json.dumps({"contents": text}))

    async def hear(self, *texts: str, seconds: float = 10.0) -> None:
        """Wait until each of these was said."""
        await until(lambda: set(texts) <= set(self.chats), seconds)


class Peers:
    """Starts rooms and ends them all; `redis` is what joins them, None for a layer in memory."""

    def __init__(self, redis: RunningRedis | None) -> None:
        self.redis = redis
        self._memory = InMemoryChannelLayer(capacity=1_000_000)
        self._exit = AsyncExitStack()

    def layer(self, *, replay_bytes: int = REPLAY_BYTES, timeout: float = 30.0) -> BaseChannelLayer:
        """Return what the next process would have as its channel layer."""
        if self.redis is None:
            return self._memory
        made: Any = ClusterLayer(
            hosts=[redis_host(self.redis.url)], replay_bytes=replay_bytes, timeout=timeout
        )
        return made  # type: ignore[no-any-return]

    async def room(self, *, outbox_bytes: int = 1024 * 1024, **options: Any) -> Room:
        """Start another process's room."""
        made = Room(
            self.layer(**options), dataclasses.replace(Conf(), outbox_bytes=outbox_bytes, rate=0)
        )
        await made.start()
        self._exit.push_async_callback(made.stop)
        return made

    async def guests(self, *rooms: Room) -> list[Guest]:
        """Bring somebody into each room, all of whom have heard of all after them."""
        guests = []
        for room in rooms:
            guests.append(Guest(room))
            await until(lambda: guests[-1].heard)
        last = guests[-1].id
        await until(lambda: all(last.encode() in guest.transport.heard for guest in guests))
        return guests

    async def aclose(self) -> None:
        """End the rooms."""
        await self._exit.aclose()


@asynccontextmanager
async def peers_over(redis: RunningRedis | None) -> AsyncIterator[Peers]:
    """Make peers, and end them with the block."""
    peers = Peers(redis)
    try:
        yield peers
    finally:
        await peers.aclose()
        gc.collect()  # while the warnings about what redis-py leaves open are passed over


def relay_of(room: Room) -> ClusterRelay:
    """Return the relay of a room over Redis."""
    relay = room._relay
    assert isinstance(relay, ClusterRelay)
    return relay


def vanish(room: Room) -> None:
    """End a room's tasks as SIGKILL would: nobody is told anything."""
    life = room._relay._life
    assert life is not None
    life.cancel()
    relay_of(room)._ledger = None


async def settled(seconds: float = 0.3) -> None:
    """Wait for what should not come."""
    await asyncio.sleep(seconds)
