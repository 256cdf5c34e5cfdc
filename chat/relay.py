"""Between the outbox and the fan-out: the channel layer, and the one order that it gives."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from channels.layers import BaseChannelLayer

    from chat.meter import Meter
    from chat.outbox import Outbox

GROUP: Final = "room"
# Group memberships of some layers end after a day; renewing one costs next to nothing.
RENEW_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 0.5

logger = logging.getLogger(__name__)


class Receiver(Protocol):
    """What a relay needs of the room."""

    @property
    def member_ids(self) -> list[str]:
        """The ids of this process's members."""

    def deliver(self, batch: dict[str, Any]) -> None:
        """Take the next batch of the room's order."""

    def published(self) -> None:
        """Learn that a batch is on its way, so that there is space again."""

    def turn_out(self) -> None:
        """Close every member of this process: it cannot promise them the whole order."""


class Relay:
    """One channel in the room's one group, for the whole process.

    One publish is in flight at a time; what is added to the outbox meanwhile goes out as one batch
    with the next, which makes a layer with a round trip as fast as one without. Every batch that
    comes back, the process's own ones among them, goes to the receiver in the layer's order.

    `fault` says why the room cannot be relied on at the moment, and is empty if it can.
    """

    def __init__(self, layer: BaseChannelLayer, outbox: Outbox, receiver: Receiver) -> None:
        self.in_flight = 0
        self.fault = ""
        self.errors = 0
        self.meter: Meter | None = None
        self._layer = layer
        self._outbox = outbox
        self._receiver = receiver
        self._filled = asyncio.Event()
        self._started: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def online(self) -> int:
        """Members of the room in all processes."""
        return len(self._receiver.member_ids)

    async def start(self) -> None:
        """Join the group once, however many connections come first at the same moment."""
        if self._started is None or (self._started.done() and self._started.exception()):
            self._started = asyncio.create_task(self._subscribe())
        await asyncio.shield(self._started)

    async def flush(self) -> None:
        """Wait until the outbox is empty and nothing is in flight."""
        while self._tasks and (self._outbox or self.in_flight):
            await asyncio.sleep(0.01)

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
        self._run(self._receive(channel), self._publish(), self._renew(channel))

    def _run(self, *coroutines: Any) -> None:
        self._tasks += [asyncio.create_task(coroutine) for coroutine in coroutines]

    async def _publish(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            self.in_flight = self._outbox.size
            started = time.monotonic()
            await self._send(self._outbox.take())
            if self.meter is not None:
                self.meter.published(time.monotonic() - started)
            self.in_flight = 0
            self._receiver.published()

    async def _send(self, batch: dict[str, Any]) -> None:
        while True:
            try:
                await self._layer.group_send(GROUP, batch)
            except Exception as error:  # noqa: BLE001 - layers differ in what they raise
                self.errors += 1
                logger.warning("the channel layer did not take a batch, trying again: %r", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _receive(self, channel: str) -> None:
        while True:
            self._receiver.deliver(await self._layer.receive(channel))

    async def _renew(self, channel: str) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._layer.group_add(GROUP, channel)
