"""How a room is made from settings, with all its parts."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers

from chat.cluster.layer import ClusterLayer
from chat.cluster.relay import ClusterRelay
from chat.config.conf import conf
from chat.door.door import Door
from chat.door.handshake import Denial, deny
from chat.room.arrivals import Arrivals
from chat.room.brake import Brake
from chat.room.closing import Closing
from chat.room.fanout import Fanout
from chat.room.history import History
from chat.room.outbox import Outbox
from chat.room.pacing import Pacer
from chat.room.publisher import Publisher
from chat.room.room import Room
from chat.room.steering import Steering

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat.config.conf import Conf
    from chat.door.visitor import Visitor
    from chat.room.layer import RoomLayer
    from chat.room.listener import Listener
    from chat.room.memory_layer import MemoryLayer
    from chat.room.relay import Relay

# What the last notices may take to get out when the process stops.
FLUSH_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """One process's room and its parts, for those who let people in, steer, count and show."""

    settings: Conf
    layer: RoomLayer
    listeners: list[Listener]
    door: Door
    outbox: Outbox
    fanout: Fanout
    brake: Brake
    pacer: Pacer
    history: History
    room: Room
    arrivals: Arrivals
    closing: Closing
    steering: Steering
    relay: Relay

    def deny(self, headers: Iterable[tuple[bytes, bytes]], visitor: Visitor) -> Denial | None:
        """Return why a handshake is refused, None if it may go on."""
        if self.closing.is_closing or self.relay.fault:
            reason = "the room takes nobody in at the moment, try later"
            return Denial(HTTPStatus.SERVICE_UNAVAILABLE, reason)
        return deny(self.door, self.settings, headers, visitor)

    async def stop(self) -> None:
        """Take part no longer, after what is left to say is said, if that can be done soon."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.outbox.emptied(), FLUSH_SECONDS)
        self.fanout.stop()
        await self.relay.stop()


def make_room(layer: ClusterLayer | MemoryLayer, settings: Conf) -> Parts:
    """Return a room that takes part from `relay.start` on."""
    listeners: list[Listener] = []
    outbox = Outbox(listeners)
    fanout = Fanout(
        backlog_bytes=settings.backlog_bytes,
        stall_seconds=settings.stall_seconds,
        on_slow=lambda member: room.give_up(member),  # noqa: PLW0108 - it is made below
        on_flushed=lambda *flushed: arrivals.flushed(*flushed),  # noqa: PLW0108
    )
    brake = Brake(outbox, fanout, settings.outbox_bytes)
    pacer = Pacer()
    history = History(settings.history, settings.backlog_bytes // 2)
    door = Door(settings)
    room = Room(
        door=door,
        outbox=outbox,
        fanout=fanout,
        pacer=pacer,
        brake=brake,
        history=history,
        listeners=listeners,
    )
    arrivals = Arrivals(room, fanout, brake, listeners)
    closing = Closing(room, outbox)
    steering = Steering(room, outbox, pacer, settings)
    listeners.append(steering)
    publisher = Publisher(outbox, brake, listeners)
    relay: Relay
    if isinstance(layer, ClusterLayer):
        relay = ClusterRelay(layer, room, arrivals, publisher, closing)
    else:
        relay = layer.relay(room, arrivals, publisher, closing)
    return Parts(
        settings, layer, listeners, door, outbox, fanout, brake, pacer, history,
        room, arrivals, closing, steering, relay,
    )  # fmt: skip


@cache
def the_parts() -> Parts:
    """Return this process's room and its parts."""
    layer: Any = channel_layers[DEFAULT_CHANNEL_LAYER]  # one of these, as the checks see to
    return make_room(layer, conf)
