from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from channels_redis.pubsub import RedisSingleShardConnection

from chat.cluster.contact import REDIS_ERRORS
from chat.cluster.sentinel import close_pool
from chat.room.life import reason_of

if TYPE_CHECKING:
    from channels_redis.pubsub import RedisPubSubLoopLayer

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.25
# Batches received and not taken yet, past which the rest is left to Redis: it cuts a subscriber
# that does not read, and what was missed is read again from the stream.
MOST_WAITING = 64
STEP = 0.005


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
