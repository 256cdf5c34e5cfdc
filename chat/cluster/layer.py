"""`channels_redis.pubsub`, with a place in the order on every message to the room's group."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from channels_redis.utils import decode_hosts

from chat.cluster.ledger import REDIS_ERRORS, Ledger, parse_place
from chat.cluster.relay import ClusterRelay

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.25


class ClusterLayer(RedisPubSubChannelLayer):
    """A channel layer whose messages can be found again when a subscription was cut.

    `replay_bytes` of messages are kept in Redis, and members are told to come back when Redis has
    not answered for `timeout` seconds.

    `open_ledger(group)` gives the ledger that publishes to a group; what it publishes is received
    with a `log` field: epoch, place of the one before, own place.
    """

    relay_class = ClusterRelay

    def __init__(self, *args: Any, replay_bytes: int, timeout: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.replay_bytes = replay_bytes
        self.timeout = timeout

    def open_ledger(self, group: str) -> Ledger:
        """Return a new ledger for a group, on a connection of its own."""
        [host] = decode_hosts(self._kwargs["hosts"])
        channel: str = self._get_layer()._get_group_channel_name(group)
        return Ledger(host, channel, self.replay_bytes)

    def deserialize(self, message: bytes) -> dict[str, Any]:
        """Read a message, with its place if it has one."""
        if not message.startswith(b"@"):
            plain: dict[str, Any] = super().deserialize(message)
            return plain
        header, _, body = message.partition(b"\n")
        epoch, prev, place = header[1:].split(b" ")
        event: dict[str, Any] = super().deserialize(body)
        event["log"] = (epoch.decode(), parse_place(prev), parse_place(place))
        return event

    async def resubscribe(self) -> None:
        """Drop the subscribing connection, which may be dead without knowing; it comes back."""
        for shard in self._get_layer()._shards:
            await shard.drop()

    def _get_layer(self) -> RedisPubSubLoopLayer:
        loop = asyncio.get_running_loop()
        is_new = loop not in self._layers
        layer = super()._get_layer()
        if is_new:
            layer._shards = [Shard(shard.host, layer) for shard in layer._shards]
        return layer


class Shard(RedisSingleShardConnection):
    """The connection to Redis that subscribes; it reconnects for ever, and says so in one line."""

    async def drop(self) -> None:
        """Close the connection under the receiver."""
        connection = self._pubsub and self._pubsub.connection
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _do_receiving(self) -> None:
        is_cut = False
        while True:
            try:
                if self._pubsub and self._pubsub.subscribed:
                    message = await self._pubsub.get_message(
                        ignore_subscribe_messages=True, timeout=None
                    )
                    self._receive_message(message)
                    is_cut = False
                else:
                    await asyncio.sleep(RETRY_SECONDS)
            except REDIS_ERRORS as error:
                if not is_cut:
                    logger.warning("the subscription to Redis is cut: %s", error)
                is_cut = True
                await asyncio.sleep(RETRY_SECONDS)
