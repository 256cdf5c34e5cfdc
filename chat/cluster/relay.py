"""The relay over Redis: nothing lost through a cut, nobody left in the room by a dead process."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from chat.cluster.contact import REDIS_ERRORS, Contact
from chat.cluster.merge import merge
from chat.cluster.reader import Reader
from chat.cluster.session import DEAD, Session
from chat.room.layer import ROOM
from chat.room.life import STOP_SECONDS, Life, PartedError, reason_of

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from chat.cluster.layer import ClusterLayer
    from chat.cluster.ledger import Ledger
    from chat.room.arrivals import Arrivals
    from chat.room.closing import Closing
    from chat.room.publisher import Publisher
    from chat.room.room import Room

logger = logging.getLogger(__name__)


class ClusterRelay:
    """A relay among those of other processes (Relay).

    Every batch has a number of its process and a place in the order that all processes share. A
    batch whose predecessor was not received shows a gap, which is read again from the stream. Redis
    restarted empty begins a new epoch: every process then publishes its journal again, and numbers
    tell what is known already.
    """

    def __init__(
        self,
        layer: ClusterLayer,
        room: Room,
        arrivals: Arrivals,
        publisher: Publisher,
        closing: Closing,
    ) -> None:
        self._layer = layer
        layer.open(room)
        self._room = room
        self._arrivals = arrivals
        self._publisher = publisher
        self._closing = closing
        self._contact = Contact(layer.timeout)
        self._life = Life(self._join, self._part, closing.abandon)
        self._ledger: Ledger | None = None
        self._session: Session | None = None
        self._former: list[str] = []

    @property
    def online(self) -> int:
        """Members of the room in all processes, as of the last beat."""
        known = self._session.online if self._session is not None else 0
        return max(known, len(self._room.members))

    @property
    def fault(self) -> str:
        """Why the room cannot be relied on at the moment."""
        return self._life.fault or self._contact.fault

    @property
    def errors(self) -> int:
        """How often Redis did not answer."""
        return self._contact.errors

    @property
    def skipped(self) -> int:
        """How many events no consumer here has a handler for."""
        return self._layer.skipped

    async def start(self) -> None:
        """Take part."""
        await self._life.start()

    async def stop(self) -> None:
        """Take part no longer."""
        await self._life.stop()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                if self._session is not None and self._ledger is not None:
                    await self._ledger.resign(self._session.process)
                await self._part()
        except REDIS_ERRORS as error:
            reason = reason_of(error)
            logger.warning("cannot resign from Redis, the others will notice: %s", reason)

    # What the reader tells

    @property
    def is_behind(self) -> bool:
        """Whether the room has more to hand out than has to be held in memory."""
        return self._arrivals.brake.is_behind

    def take(self, batches: list[dict[str, Any]]) -> None:
        """Hand on the next batches; one that buries this process ends its members' visits."""
        own = self._session and self._session.process
        lived = list(takewhile(lambda batch: batch.get("buried", "") != own, batches))
        if lived:
            self._arrivals.deliver(merge(lived))
        if len(lived) < len(batches):
            raise PartedError(DEAD)

    def pass_on(self, event: dict[str, Any]) -> None:
        """Hand an event that is no batch to the members' consumers; count it if none knows it."""
        self._layer.deliver_event(ROOM, event)

    def lose(self) -> None:
        """Part with the members: they would miss something without knowing."""
        logger.error("messages were lost: closing the members of this process")
        self._closing.turn_out()

    def cut(self, error: Exception) -> None:
        """Note that Redis did not answer."""
        self._contact.cut(error)

    # Taking part

    async def _join(self) -> list[Coroutine[Any, Any, None]]:
        channel = await self._layer.subscribe()
        self._ledger = ledger = self._layer.open_ledger(ROOM)
        reader = Reader(self._layer, ledger, channel, self)
        session = Session(self._layer, ledger, self._contact, reader, self._arrivals.fanout)
        self._session = session
        await session.begin()
        await self._resign_former(ledger)
        self._layer.publish = session.send
        publish = self._publisher.run(partial(self._layer.group_send, ROOM), session.settle)
        return [reader.run(), publish, session.be_heard(), session.tend(), self._contact.watch()]

    async def _resign_former(self, ledger: Ledger) -> None:
        """Have the others announce who was left under the ids of earlier sessions."""
        while self._former:
            await ledger.resign(self._former[-1])
            self._former.pop()

    async def _part(self) -> None:
        session, self._session = self._session, None
        ledger, self._ledger = self._ledger, None
        if session is not None:
            self._former.append(session.process)
        if ledger is not None:
            await ledger.close()
        await self._layer.close_connections()
