"""One process of the room, with everything in it that is the room's own."""

from __future__ import annotations

import dataclasses
import json
import uuid
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from chat.cluster.host import redis_host
from chat.cluster.layer import ClusterLayer
from chat.config.conf import Conf
from chat.consumers import ChatConsumer
from chat.door.visitor import Visitor
from chat.protocol.messages import RESTART
from chat.room.member import Member
from chat.serving.assembly import Parts, make_room

if TYPE_CHECKING:
    import asyncio

    from bench.simulation.loop import Owner, SimulatedLoop
    from bench.simulation.seat import Seat

OUTBOX_BYTES: Final = 64 * 1024


class Server:
    """A process as the network and its members see it; whatever it does runs in its own context.

    `seats` are the members that it has, until it is killed.
    """

    def __init__(self, loop: SimulatedLoop, owner: Owner, number: int, url: str, replay: int):
        self.owner = owner
        self.number = number
        self.is_dead = False
        self.is_stopping = False
        self.seats: dict[Seat, ChatConsumer] = {}
        self.parts: Parts | None = None
        self._has_tried = False
        self._loop = loop
        self._url = url
        self._replay = replay

    def start(self) -> None:
        """Begin to take part."""
        self.run(self._start())

    def run(self, work: Any) -> asyncio.Task[Any]:
        """Do some work as this process."""
        return self._loop.create_task(work, context=self.owner.context)

    def call(self, delay: float, function: Any, *arguments: Any) -> None:
        """Have this process do something that comes from outside, unless it is dead by then."""
        self._loop.call_later(delay, function, *arguments, context=self.owner.context)

    @property
    def is_open(self) -> bool:
        """Whether it takes members in, as `/readyz` and the door say."""
        parts = self.parts
        if parts is None or not self._has_tried:
            return False
        return not (parts.relay.fault or parts.closing.is_closing)

    def join(self, seat: Seat) -> None:
        """Take a member in, or close its seat."""
        if self.parts is None or not self.is_open:
            seat.end(1013)
            return
        consumer = ChatConsumer(self.parts)
        seat.id = str(uuid.uuid4())
        consumer.member = Member(seat.id, seat, Visitor(), consumer)
        self.parts.room.join(consumer.member)
        self.seats[seat] = consumer

    def hear(self, seat: Seat, text: str) -> None:
        """Take what a member says."""
        consumer = self.seats.get(seat)
        if consumer is not None and seat.code is None:
            consumer.receive_message(json.dumps({"contents": text}))

    def lose(self, seat: Seat) -> None:
        """Notice that a member closed its connection."""
        consumer = self.seats.pop(seat, None)
        if self.parts is not None and consumer is not None and consumer.member is not None:
            self.parts.room.leave(consumer.member, 1000)

    async def stop(self) -> None:
        """Stop as after SIGTERM."""
        self.is_stopping = True
        if self.parts is not None:
            await self.parts.closing.drain(RESTART, 0.2)
            await self.parts.stop()

    async def _start(self) -> None:
        layer: Any = ClusterLayer(
            hosts=[dict(_host(self._url))], replay_bytes=self._replay, timeout=30.0
        )
        self.parts = make_room(layer, _conf())
        await self.parts.relay.start()
        self._has_tried = True


@cache
def _host(url: str) -> tuple[tuple[str, Any], ...]:
    return tuple(redis_host(url).items())


@cache
def _conf() -> Conf:
    return dataclasses.replace(Conf(), outbox_bytes=OUTBOX_BYTES, rate=0)
