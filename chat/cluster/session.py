"""One process's identity in the order: its id, its numbers, and what it published."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from typing import TYPE_CHECKING, Any, Final

from chat.cluster.answers import START, Standing
from chat.cluster.batch import LEAST_VERSION, VERSION, burial
from chat.cluster.contact import REDIS_ERRORS
from chat.cluster.journal import Journal
from chat.cluster.reader import RETRY_SECONDS
from chat.room.fanout import LEAST_WAIT
from chat.room.life import PartedError

if TYPE_CHECKING:
    from chat.cluster.answers import Beat
    from chat.cluster.contact import Contact
    from chat.cluster.layer import ClusterLayer
    from chat.cluster.ledger import Ledger
    from chat.cluster.reader import Reader
    from chat.room.fanout import Fanout
    from chat.room.outbox import Outbox

BEAT_SECONDS: Final = 1.0
# A process that is not heard of for so long is dead to the others; with the beat of the survivor
# that finds it, its members' leaves are announced within ten seconds.
SILENCE_SECONDS: Final = 8.0
# A batch waits for the one before it no longer than this.
SETTLE_SECONDS: Final = 0.01
DEAD: Final = "the other processes declared this one dead"

logger = logging.getLogger(__name__)


class Session:
    """What a process does under one id, from its registration to whatever ends it.

    An id begins with no members and is never used again: after a failure the next session has a new
    one, and the others announce the leaves of what was left under the old.
    """

    def __init__(
        self, layer: ClusterLayer, ledger: Ledger, contact: Contact, reader: Reader, fanout: Fanout
    ) -> None:
        self.process = uuid.uuid4().hex
        self.online = 0
        self._layer = layer
        self._ledger = ledger
        self._contact = contact
        self._reader = reader
        self._fanout = fanout
        self._journal = Journal()
        self._number = 0
        self._writes = LEAST_VERSION
        self._own_place = START
        self._published_epoch = ""
        self._publishing = asyncio.Lock()
        self._beaten = asyncio.Event()
        self._beat: Beat | None = None

    async def begin(self) -> None:
        """Take part from the end of the order on."""
        epoch = await self._ledger.register(
            self.process, SILENCE_SECONDS, self._number, {}, VERSION
        )
        self._reader.begin(epoch, await self._ledger.snapshot())
        self._published_epoch = epoch

    async def settle(self, outbox: Outbox) -> None:
        """Let members have, and answer, the last batch before the next one leaves.

        Otherwise two half batches are always under way instead of a whole one, and every member
        costs two system calls instead of one: a third of what two processes can carry. As in the
        fan-out, what is as much as the last time need not wait.
        """
        ends_at = time.monotonic() + SETTLE_SECONDS
        await self._reader.handed_over(self._own_place, SETTLE_SECONDS)
        while (rest := self._fanout.rest) and time.monotonic() < ends_at and not outbox.is_ripe:
            await asyncio.sleep(LEAST_WAIT if rest >= LEAST_WAIT else 0)

    async def send(self, batch: dict[str, Any]) -> None:
        """Publish a batch, however often it takes."""
        async with self._publishing:
            self._number += 1
            batch |= self._signature()
            self._journal.add(batch)
            began = time.monotonic()
            while not await self._append(batch):
                self._contact.refuse(began)
                await asyncio.sleep(RETRY_SECONDS)
            self._contact.take()

    def _signature(self) -> dict[str, Any]:
        return {"version": self._writes, "process": self.process, "number": self._number}

    async def _append(self, batch: dict[str, Any]) -> bool:
        """Publish one batch; False if it has to be tried again."""
        try:
            if self._published_epoch != self._reader.epoch:
                await self._publish_journal()
            standing = await self._publish_once(batch)
            if standing == Standing.EPOCH:
                await self._register()
        except REDIS_ERRORS as error:
            self._contact.cut(error)
            return False
        if standing == Standing.GONE:
            raise PartedError(DEAD)
        if standing == Standing.VERSION:  # of who came since the last beat
            self._writes = LEAST_VERSION
        return standing == Standing.OK

    async def _publish_once(self, batch: dict[str, Any]) -> Standing:
        """Publish a batch unless it is published, and note in which epoch that was first."""
        epoch = self._reader.epoch
        batch["version"] = self._writes
        appended = await self._ledger.append(epoch, batch, self._layer.serialize(batch))
        if appended.standing == Standing.OK:
            batch.setdefault("epoch", epoch)
            self._own_place = appended.place
            self._reader.hear_own(epoch, batch, appended)
        return appended.standing

    async def _publish_journal(self) -> None:
        """Publish again what a Redis that was restarted forgot and others may have missed."""
        epoch = self._reader.epoch
        logger.warning("publishing the latest %d batches again", len(self._journal))
        for batch in list(self._journal):
            if await self._publish_once(batch) != Standing.OK:
                return
        self._published_epoch = epoch

    async def _register(self) -> None:
        """Take part in the epoch of the Redis that is there."""
        rosters, number = self._reader.rosters.known(), self._reader.last_number(self.process)
        epoch = await self._ledger.register(self.process, SILENCE_SECONDS, number, rosters, VERSION)
        if epoch != self._reader.epoch:
            logger.warning("Redis was restarted or emptied: a new order begins")
            self._reader.begin(epoch)

    async def be_heard(self) -> None:
        """Beat for ever; what there is to do is done by another task, which may have to wait."""
        while True:
            try:
                self._beat = await self._ledger.beat(self._reader.epoch, self.process)
            except REDIS_ERRORS as error:
                self._contact.cut(error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.online = self._beat.online
                self._writes = min(VERSION, self._beat.reads)
                self._beaten.set()
                await asyncio.sleep(BEAT_SECONDS)

    async def tend(self) -> None:
        """Do for ever what the beats show that there is to do."""
        while True:
            await self._beaten.wait()
            self._beaten.clear()
            beat = self._beat
            if beat is None or beat.epoch != self._reader.epoch:
                continue  # about an order that has ended
            try:
                await self._act_on(beat)
            except REDIS_ERRORS as error:
                self._contact.cut(error)

    async def _act_on(self, beat: Beat) -> None:
        if beat.standing == Standing.GONE:
            raise PartedError(DEAD)
        if beat.standing == Standing.EPOCH:
            async with self._publishing:
                await self._register()
                if self._published_epoch != self._reader.epoch:
                    await self._publish_journal()
            return
        for process in beat.overdue:
            await self._bury(process)
        if await self._reader.catch_up(beat.tip):
            self._contact.made(beat.sent_at)

    async def _bury(self, process: str) -> None:
        """Announce that the members of a dead process left, unless another process does."""
        leaves = burial(process, await self._ledger.members(process))
        async with self._publishing:
            self._number += 1  # used up even if the answer is lost: it may have been published
            batch = leaves | self._signature()
            epoch = self._reader.epoch
            appended = await self._ledger.bury(epoch, batch, self._layer.serialize(batch))
            if appended.standing == Standing.OK:
                batch["epoch"] = epoch
                self._journal.add(batch)
                self._reader.hear_own(epoch, batch, appended)
                logger.warning("declared process %s dead, %d members", process, batch["count"])
