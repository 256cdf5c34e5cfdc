"""`channels_redis.pubsub`, with a place in the order on every message to the room's group."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer
from channels_redis.utils import create_pool, decode_hosts

from chat.cluster.answers import parse_place
from chat.cluster.batch import check
from chat.cluster.inbox import Inbox
from chat.cluster.ledger import Ledger
from chat.cluster.shard import Shard
from chat.room.layer import ROOM, RoomLayer
from chat.room.outbox import EVENT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class ClusterLayer(RoomLayer, RedisPubSubChannelLayer):
    """A channel layer whose messages can be found again when a subscription was cut.

    `replay_bytes` of messages are kept in Redis, and members are told to come back when Redis has
    not answered for `timeout` seconds. `publish` puts a batch into the log.
    `open_ledger(group)` gives the ledger that publishes to a group; what it publishes is received
    with a `log` field: epoch, place of the one before, own place.
    """

    def __init__(self, *, hosts: list[Any], replay_bytes: int, timeout: float) -> None:
        [host] = decode_hosts(hosts)
        # Databases of one Redis have their own keys and share all channels.
        database = create_pool(host).connection_kwargs.get("db", 0)
        RoomLayer.__init__(self)
        RedisPubSubChannelLayer.__init__(self, hosts=[host], prefix=f"wschat:{database}:")
        self._host = host
        self._receivers: dict[str, asyncio.Task[None]] = {}
        self.publish: Callable[[dict[str, Any]], Awaitable[None]] | None = None
        self.replay_bytes = replay_bytes
        self.timeout = timeout

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to a group; a batch to the room's, once Redis has it in the log."""
        if group == ROOM and message.get("type") == EVENT and self.publish is not None:
            await self.publish(message)
        else:
            await self.stock.group_send(group, message)

    async def subscribe(self) -> str:
        """Subscribe to the room's group; return the channel that receives for all members here."""
        for group in self._groups:
            await self._open_group(group)
        return await self._subscribe(ROOM)

    async def _subscribe(self, group: str) -> str:
        channel: str = await self.stock.new_channel()
        await self.stock.group_add(group, channel)
        return channel

    async def _open_group(self, group: str) -> None:
        if group not in self._receivers:
            channel = await self._subscribe(group)
            self._receivers[group] = asyncio.create_task(self._receive(group, channel))

    async def _close_group(self, group: str) -> None:
        receiver = self._receivers.pop(group, None)
        if receiver is not None:
            receiver.cancel()
            await asyncio.gather(receiver, return_exceptions=True)

    async def _receive(self, group: str, channel: str) -> None:
        while True:
            self.deliver_event(group, await self.stock.receive(channel))

    async def close_connections(self) -> None:
        """Close all connections; `subscribe` opens them anew."""
        for group in list(self._receivers):
            await self._close_group(group)
        await self.stock.flush()

    @property
    def stock(self) -> RedisPubSubLoopLayer:
        """The part of channels-redis's layer that belongs to this loop."""
        return self._get_layer()

    def open_ledger(self, group: str) -> Ledger:
        """Return a new ledger for a group, on a connection of its own."""
        channel: str = self._get_layer()._get_group_channel_name(group)
        return Ledger(self._host, channel, self.replay_bytes)

    def inbox(self, channel: str) -> Inbox:
        """Return what a channel of this loop has received."""
        layer = self._get_layer()
        [shard] = layer._shards
        return Inbox(layer, channel, shard.arrived)

    def deserialize(self, message: bytes | dict[str, Any]) -> dict[str, Any]:
        """Read a message, with its place if it has one; what cannot be read has no type."""
        if isinstance(message, dict):
            return message
        if not message.startswith(b"@"):
            return self._read_body(message)
        header, _, body = message.partition(b"\n")
        try:
            epoch, prev, place = header[1:].split(b" ")
            log = (epoch.decode(), parse_place(prev), parse_place(place))
        except ValueError:
            return {}
        return self._read_body(body) | {"log": log}

    def _read_body(self, body: bytes) -> dict[str, Any]:
        try:
            event = super().deserialize(body)
        except ValueError:  # msgpack's errors are of this kind
            return {}
        return check(event) if isinstance(event, dict) else {}

    async def resubscribe(self) -> None:
        """Drop the subscribing connection, which may be dead without knowing; it comes back."""
        for shard in self._get_layer()._shards:
            await shard.drop()

    def _get_layer(self) -> RedisPubSubLoopLayer:
        layer: RedisPubSubLoopLayer | None = self._layers.get(asyncio.get_running_loop())
        if layer is None:
            layer = super()._get_layer()
            layer._shards = [Shard(shard.host, layer) for shard in layer._shards]
        return layer
