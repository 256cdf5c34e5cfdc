"""`channels_redis.pubsub`, with a place in the order on every message to the room's group."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from channels_redis.utils import create_pool, decode_hosts

from chat.cluster.answers import parse_place
from chat.cluster.batch import check
from chat.cluster.contact import REDIS_ERRORS
from chat.cluster.inbox import Inbox
from chat.cluster.ledger import Ledger
from chat.cluster.sentinel import close_pool
from chat.room.layer import ROOM, RoomLayer
from chat.room.life import reason_of
from chat.room.outbox import EVENT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.25
# Batches received and not taken yet, past which the rest is left to Redis: it cuts a subscriber
# that does not read, and what was missed is read again from the stream.
MOST_WAITING = 64
STEP = 0.005


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
        """Subscribe to all groups; return the channel that receives what the room's is sent."""
        for group in self._groups:
            await self._open_group(group)
        return await self._subscribe(ROOM)

    async def _subscribe(self, group: str) -> str:
        channel: str = await self.stock.new_channel()
        await self.stock.group_add(group, channel)
        return channel

    async def _open_group(self, group: str) -> None:
        if group not in self._receivers:
            self._receivers[group] = asyncio.create_task(self._receive(group))

    async def _receive(self, group: str) -> None:
        """Receive what a group beside the room's is sent, for ever."""
        channel = await self._subscribe(group)
        while True:
            self.deliver_event(group, await self.stock.receive(channel))

    async def flush(self) -> None:
        """Close all connections; `subscribe` opens them anew."""
        receivers, self._receivers = self._receivers, {}
        for receiver in receivers.values():
            receiver.cancel()
        await asyncio.gather(*receivers.values(), return_exceptions=True)
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


class Shard(RedisSingleShardConnection):
    """The connection to Redis that subscribes; it reconnects for ever, and says so in one line."""

    def __init__(self, host: Any, channel_layer: RedisPubSubLoopLayer) -> None:
        super().__init__(host, channel_layer)
        self.arrived = asyncio.Event()

    def _receive_message(self, message: Any) -> None:
        super()._receive_message(message)
        self.arrived.set()

    async def unsubscribe(self, channel: str) -> None:
        """Leave a channel; where Redis is out of reach the subscription ended with its connection.

        channels-redis would log a traceback.
        """
        with contextlib.suppress(*REDIS_ERRORS, RuntimeError):
            await super().unsubscribe(channel)

    async def drop(self) -> None:
        """Close the connection under the receiver."""
        connection = self._pubsub and self._pubsub.connection
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def flush(self) -> None:
        """Let go of all connections."""
        redis = self._redis
        await super().flush()
        if redis is not None:
            await close_pool(redis.connection_pool)

    def _is_crowded(self) -> bool:
        return any(queue.qsize() >= MOST_WAITING for queue in self.channel_layer.channels.values())

    async def _do_receiving(self) -> None:
        is_cut = False
        while True:
            while self._is_crowded():
                await asyncio.sleep(STEP)
            try:
                if self._pubsub and self._pubsub.subscribed:
                    message = await self._pubsub.get_message(
                        ignore_subscribe_messages=True, timeout=None
                    )
                    self._receive_message(message)
                    is_cut = False
                else:
                    await asyncio.sleep(RETRY_SECONDS)
            # RuntimeError: of a connection that is closed already, or is just being made.
            except (*REDIS_ERRORS, RuntimeError) as error:
                if not is_cut:
                    logger.warning("the subscription to Redis is cut: %s", reason_of(error))
                is_cut = True
                await asyncio.sleep(RETRY_SECONDS)
