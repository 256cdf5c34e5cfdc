"""Between the outbox and the fan-out: the channel layer, and the one order that it gives."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from channels.layers import BaseChannelLayer

    from chat.outbox import Outbox

GROUP: Final = "room"
# Group memberships of some layers end after a day; renewing one costs next to nothing.
RENEW_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 0.5

logger = logging.getLogger(__name__)


class Relay:
    """One channel in the room's one group, for the whole process.

    One publish is in flight at a time; what is added to the outbox meanwhile goes out as one batch
    with the next, which makes a layer with a round trip as fast as one without. Every batch that
    comes back, the process's own ones among them, goes to `deliver` in the layer's order.
    """

    def __init__(
        self,
        layer: BaseChannelLayer,
        outbox: Outbox,
        *,
        deliver: Callable[[dict[str, Any]], None],
        on_published: Callable[[], None],
    ) -> None:
        self.in_flight = 0
        self._layer = layer
        self._outbox = outbox
        self._deliver = deliver
        self._on_published = on_published
        self._filled = asyncio.Event()
        self._started: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Join the group once, however many connections come first at the same moment."""
        if self._started is None:
            self._started = asyncio.create_task(self._subscribe())
        await asyncio.shield(self._started)

    async def stop(self) -> None:
        """End the tasks; what is in the outbox stays there."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Tell the publisher that the outbox is not empty."""
        self._filled.set()

    async def _subscribe(self) -> None:
        channel = await self._layer.new_channel()
        await self._layer.group_add(GROUP, channel)
        self._tasks = [
            asyncio.create_task(self._receive(channel)),
            asyncio.create_task(self._publish()),
            asyncio.create_task(self._renew(channel)),
        ]

    async def _publish(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            self.in_flight = self._outbox.size
            await self._send(self._outbox.take())
            self.in_flight = 0
            self._on_published()

    async def _send(self, event: dict[str, Any]) -> None:
        while True:
            try:
                await self._layer.group_send(GROUP, event)
            except Exception as error:  # noqa: BLE001 - layers differ in what they raise
                logger.warning("the channel layer did not take a batch, trying again: %r", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _receive(self, channel: str) -> None:
        while True:
            self._deliver(await self._layer.receive(channel))

    async def _renew(self, channel: str) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._layer.group_add(GROUP, channel)
