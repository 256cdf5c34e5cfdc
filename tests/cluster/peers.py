"""Rooms of several processes, all within one: each over a channel layer of its own."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import warnings
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from chat.cluster.host import redis_host
from chat.cluster.layer import ClusterLayer
from chat.cluster.relay import ClusterRelay
from chat.config.conf import Conf
from chat.protocol.frames import payloads
from chat.room.memory_layer import MemoryLayer
from chat.serving.assembly import Parts, make_room
from tests.fakes import FakeTransport, join, receive, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench.faults.redis import RunningRedis

REPLAY_BYTES = 64 * 1024 * 1024


class Guest:
    """A member of one peer's room, and what it heard."""

    def __init__(self, room: Parts) -> None:
        self.room = room
        self.transport = FakeTransport()
        self.member = join(room, self.transport)

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
        receive(self.member, json.dumps({"contents": text}))

    async def hear(self, *texts: str, seconds: float = 30.0) -> None:
        """Wait until each of these was said."""
        await until(lambda: set(texts) <= set(self.chats), seconds)


class Peers:
    """Starts rooms and ends them all; `url` is their Redis, empty for a layer in memory."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._alone: Parts | None = None
        self._exit = AsyncExitStack()

    def layer(
        self, *, replay_bytes: int = REPLAY_BYTES, timeout: float = 30.0
    ) -> ClusterLayer | MemoryLayer:
        """Return what the next process would have as its channel layer."""
        if not self.url:
            return MemoryLayer()
        return ClusterLayer(
            hosts=[redis_host(self.url)], replay_bytes=replay_bytes, timeout=timeout
        )

    async def room(self, *, outbox_bytes: int = 1024 * 1024, **options: Any) -> Parts:
        """Start another process's room; in memory there is one process, and one room."""
        if self._alone is not None:
            return self._alone
        made = make_room(
            self.layer(**options), dataclasses.replace(Conf(), outbox_bytes=outbox_bytes, rate=0)
        )
        await made.relay.start()
        self._alone = None if self.url else made
        self._exit.push_async_callback(made.stop)
        return made

    async def guests(self, *rooms: Parts) -> list[Guest]:
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
async def peers_over(redis: RunningRedis | str) -> AsyncIterator[Peers]:
    """Make peers over a Redis or its URL, an empty one for memory; end them with the block."""
    peers = Peers(redis if isinstance(redis, str) else redis.url)
    try:
        yield peers
    finally:
        await peers.aclose()
        # What redis-py left open, in whichever test before, is collected here and passed over.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "unclosed", ResourceWarning)
            gc.collect()


def relay_of(room: Parts) -> ClusterRelay:
    """Return the relay of a room over Redis."""
    relay = room.relay
    assert isinstance(relay, ClusterRelay)
    return relay


def vanish(room: Parts) -> None:
    """End a room's tasks as SIGKILL would: nobody is told anything."""
    relay = relay_of(room)
    assert relay._life._task is not None
    relay._life._task.cancel()
    relay._session = None


async def settled(seconds: float = 0.3) -> None:
    """Wait for what should not come."""
    await asyncio.sleep(seconds)
