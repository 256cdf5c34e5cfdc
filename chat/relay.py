"""Between the outbox and the fan-out: the channel layer, and the one order that it gives."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from chat.outbox import EVENT

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from channels.layers import BaseChannelLayer

    from chat.meter import Meter
    from chat.outbox import Outbox

GROUP: Final = "room"
# Group memberships of some layers end after a day; renewing one costs next to nothing.
RENEW_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 0.5
# What leaving the layer may take, when it may be out of reach.
STOP_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Receiver(Protocol):
    """What a relay needs of the room."""

    @property
    def member_ids(self) -> list[str]:
        """The ids of this process's members."""

    @property
    def rest(self) -> float:
        """Seconds until a batch would be handed out at once."""

    @property
    def is_behind(self) -> bool:
        """Whether more waits to be handed out than has to be held in memory."""

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

    `fault` says why the room cannot be relied on at the moment, and is empty if it can. `errors`
    counts the calls that the layer did not carry out, `skipped` the events of an unknown kind.
    """

    def __init__(self, layer: BaseChannelLayer, outbox: Outbox, receiver: Receiver) -> None:
        self.in_flight = 0
        self.fault = ""
        self.errors = 0
        self.skipped = 0
        self.meter: Meter | None = None
        self._layer = layer
        self._outbox = outbox
        self._receiver = receiver
        self._channel = ""
        self._filled = asyncio.Event()
        self._tried = asyncio.Event()
        self._is_sending = False
        self._life: asyncio.Task[None] | None = None

    @property
    def online(self) -> int:
        """Members of the room in all processes."""
        return len(self._receiver.member_ids)

    async def start(self) -> None:
        """Join the group once, however many connections come first at the same moment.

        Where that cannot be done now, `fault` tells why, and it is tried on.
        """
        if self._life is None:
            self._life = asyncio.create_task(self._live())
        await self._tried.wait()

    async def flush(self) -> None:
        """Wait until the outbox is empty and nothing is in flight."""
        while self._life and (self._outbox or self._is_sending):
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Take part no longer; what is in the outbox stays there."""
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait([self._life], timeout=STOP_SECONDS)

    def wake(self) -> None:
        """Tell the publisher that the outbox is not empty."""
        self._filled.set()

    async def _live(self) -> None:
        """Take part, and again after whatever ended it: a process must not go deaf unnoticed."""
        while True:
            if await self._could_join():
                self.fault = ""
                self._tried.set()
                await self._work()
            self._tried.set()
            with contextlib.suppress(Exception):
                await self._quit()
            await asyncio.sleep(RETRY_SECONDS)

    async def _could_join(self) -> bool:
        try:
            await self._join()
        except Exception as error:  # noqa: BLE001 - layers differ in what they raise
            if not self.fault:
                logger.error("cannot take part in the room, trying again: %s", error)  # noqa: TRY400
            self.fault = f"the channel layer cannot be reached: {error}"
            return False
        return True

    async def _work(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for duty in self._duties():
                    group.create_task(duty)
        except Exception:
            logger.exception("the relay failed: closing the members of this process")
            self.fault = "the relay failed"
            self._receiver.turn_out()
            self._outbox.take()
            self._is_sending = False

    async def _join(self) -> None:
        self._channel = await self._layer.new_channel()
        await self._layer.group_add(GROUP, self._channel)

    async def _quit(self) -> None:
        await self._layer.group_discard(GROUP, self._channel)

    def _duties(self) -> list[Coroutine[Any, Any, None]]:
        return [self._receive(), self._publish(), self._renew()]

    async def _publish(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            if not self._outbox:
                continue
            await self._settle()
            self._is_sending = True
            self.in_flight = self._outbox.size
            started = time.monotonic()
            await self._send(self._outbox.take())
            if self.meter is not None:
                self.meter.published(time.monotonic() - started)
            self.in_flight = 0
            self._is_sending = False
            self._receiver.published()

    async def _settle(self) -> None:
        """Wait for what is worth waiting for before the next batch is taken; nothing, in memory."""

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

    async def _receive(self) -> None:
        while True:
            batch = await self._layer.receive(self._channel)
            if batch.get("type") == EVENT:
                self._receiver.deliver(batch)
            else:
                self.skipped += 1

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._layer.group_add(GROUP, self._channel)
