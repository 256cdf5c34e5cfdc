"""The relay over Redis: nothing lost through a cut, nobody left in the room by a dead process."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from typing import TYPE_CHECKING, Any, Final

from chat.cluster.journal import Journal
from chat.cluster.ledger import REDIS_ERRORS, START, Ledger, Standing
from chat.cluster.merge import merge
from chat.cluster.reader import RETRY_SECONDS, Reader
from chat.fanout import LEAST_WAIT
from chat.frames import frame
from chat.outbox import Outbox
from chat.protocol import SYSTEM, Action, encode
from chat.relay import GROUP, STOP_SECONDS, Relay

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from chat.cluster.layer import ClusterLayer
    from chat.cluster.ledger import Beat
    from chat.relay import Receiver

BEAT_SECONDS: Final = 1.0
# A process that is not heard of for so long is dead to the others; with the beat of the survivor
# that finds it, its members' leaves are announced within ten seconds.
SILENCE_SECONDS: Final = 8.0
# A batch waits for the one before it no longer than this.
SETTLE_SECONDS: Final = 0.01
DEAD: Final = "the other processes declared this one dead"

logger = logging.getLogger(__name__)


class ClusterRelay(Relay):
    """A relay among those of other processes.

    Every batch has a number of its process and a place in the order that all processes share. A
    batch whose predecessor was not received shows a gap, which is read again from the stream. Redis
    restarted empty begins a new epoch: every process then publishes its journal again, and numbers
    tell what is known already.
    """

    def __init__(self, layer: ClusterLayer, outbox: Outbox, receiver: Receiver) -> None:
        super().__init__(layer, outbox, receiver)
        self._cluster = layer
        self._journal = Journal()
        self._ledger: Ledger | None = None
        self._process = uuid.uuid4().hex
        self._former: list[str] = []
        self._number = 0
        self._own_place = START
        self._online = 0
        self._cut_since: float | None = None
        self._published_epoch = ""
        self._publishing = asyncio.Lock()
        self._beaten = asyncio.Event()
        self._beat: Beat | None = None

    @property
    def online(self) -> int:
        """Members of the room in all processes, as of the last beat."""
        return max(self._online, super().online)

    @property
    def is_behind(self) -> bool:
        """Whether the room has more to hand out than has to be held in memory."""
        return self._receiver.is_behind

    async def stop(self) -> None:
        """Take part no longer."""
        await super().stop()
        if self._ledger is None:
            return
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._ledger.resign(self._process)
                await self._quit()
                await self._ledger.close()
        except REDIS_ERRORS as error:
            logger.warning("cannot resign from Redis, the others will notice: %s", error)

    # What the reader tells

    def take(self, batches: list[dict[str, Any]]) -> None:
        """Hand on the next batches; one that buries this process ends its members' visits."""
        self._receiver.deliver(merge(batches))
        if any(batch.get("buried") == self._process for batch in batches):
            self._estrange(DEAD)

    def skip(self) -> None:
        """Count an event that nobody here can read."""
        self.skipped += 1

    def lose(self) -> None:
        """Part with the members: they would miss something without knowing."""
        logger.error("messages were lost: closing the members of this process")
        self._receiver.turn_out()

    def cut(self, error: Exception) -> None:
        """Note that Redis did not answer; after a while members cannot be kept waiting."""
        self.errors += 1
        now = time.monotonic()
        if self._cut_since is None:
            logger.warning("Redis does not answer, what is said waits: %s", error or repr(error))
            self._cut_since = now
        elif now - self._cut_since > self._cluster.timeout and not self.fault:
            self._estrange(f"Redis has not answered for {self._cluster.timeout:g} seconds")

    def _note_contact(self) -> None:
        if self._cut_since is not None:
            logger.warning("Redis answers again")
            self._cut_since = None

    # Taking part

    async def _join(self) -> None:
        await super()._join()
        if self._ledger is None:
            self._ledger = self._cluster.open_ledger(GROUP)
        self._reader = Reader(self._cluster, self._ledger, self._channel, self)
        epoch = await self._ledger.register(self._process, SILENCE_SECONDS, self._number, {})
        self._reader.begin(epoch, await self._ledger.snapshot())
        self._published_epoch = epoch

    async def _quit(self) -> None:
        await self._cluster.flush()

    def _duties(self) -> list[Coroutine[Any, Any, None]]:
        return [self._reader.run(), self._publish(), self._be_heard(), self._tend_for_ever()]

    async def _register(self) -> None:
        """Take part in the epoch of the Redis that is there."""
        rosters = self._reader.rosters.known()
        ledger = self._open_ledger
        epoch = await ledger.register(self._process, SILENCE_SECONDS, self._number, rosters)
        if epoch != self._reader.epoch:
            logger.warning("Redis was restarted or emptied: a new order begins")
            self._reader.begin(epoch)

    def _estrange(self, reason: str) -> None:
        """Part with the members: others count this process as dead, or will."""
        logger.error("%s: closing its members", reason)
        self.fault = reason
        self._receiver.turn_out()
        self._outbox.take()
        self._journal.clear()
        self._former.append(self._process)
        self._process, self._number = uuid.uuid4().hex, 0

    @property
    def _open_ledger(self) -> Ledger:
        assert self._ledger is not None  # noqa: S101 - _join has opened it
        return self._ledger

    # Publishing

    async def _settle(self) -> None:
        """Let members have, and answer, the last batch before the next one leaves.

        Otherwise two half batches are always under way instead of a whole one, and every member
        costs two system calls instead of one: a third of what two processes can carry.
        """
        ends_at = time.monotonic() + SETTLE_SECONDS
        await self._reader.handed_over(self._own_place, SETTLE_SECONDS)
        while (rest := self._receiver.rest) and time.monotonic() < ends_at:
            await asyncio.sleep(rest if rest >= LEAST_WAIT else 0)

    async def _send(self, batch: dict[str, Any]) -> None:
        process = self._process
        while self.fault:
            await asyncio.sleep(RETRY_SECONDS)
        async with self._publishing:
            if process != self._process:
                return  # who said it was told to come back
            self._number += 1
            batch |= {"process": process, "number": self._number}
            self._journal.add(batch)
            began = time.monotonic()
            while process == self._process and not await self._append(batch):
                if time.monotonic() - began > self._cluster.timeout:
                    self._estrange(f"Redis took nothing for {self._cluster.timeout:g} seconds")
                await asyncio.sleep(RETRY_SECONDS)

    async def _append(self, batch: dict[str, Any]) -> bool:
        """Publish one batch; False if it has to be tried again."""
        try:
            if self._published_epoch != self._reader.epoch:
                await self._publish_journal()
            standing = await self._publish_once(batch)
            if standing == Standing.EPOCH:
                await self._register()
        except REDIS_ERRORS as error:
            self.cut(error)
            return False
        self._note_contact()
        if standing == Standing.GONE and batch["process"] == self._process:
            self._estrange(DEAD)
        return standing == Standing.OK

    async def _publish_once(self, batch: dict[str, Any]) -> Standing:
        """Publish a batch unless it is published, and note in which epoch that was first."""
        epoch = self._reader.epoch
        appended = await self._open_ledger.append(epoch, batch, self._cluster.serialize(batch))
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

    # Staying in touch

    async def _be_heard(self) -> None:
        """Beat for ever; what there is to do is done by another task, which may have to wait."""
        while True:
            try:
                self._beat = await self._open_ledger.beat(self._reader.epoch, self._process)
            except REDIS_ERRORS as error:
                self.cut(error)
            else:
                self._note_contact()
                self._online = self._beat.online
                self._beaten.set()
            await asyncio.sleep(BEAT_SECONDS)

    async def _tend_for_ever(self) -> None:
        while True:
            await self._beaten.wait()
            self._beaten.clear()
            beat = self._beat
            if beat is None or (beat.epoch, beat.process) != (self._reader.epoch, self._process):
                continue  # about somebody that this process is no longer
            try:
                await self._tend(beat)
            except REDIS_ERRORS as error:
                self.cut(error)

    async def _tend(self, beat: Beat) -> None:
        if beat.standing != Standing.OK:
            await self._come_back(beat)
            return
        for process in beat.overdue:
            await self._bury(process)
        await self._reader.catch_up(beat.tip)

    async def _come_back(self, beat: Beat) -> None:
        """Take part again: in a new epoch, or as a new process where the old one is dead."""
        if beat.standing == Standing.GONE and not self.fault:
            self._estrange(DEAD)
        async with self._publishing:
            await self._register()
            if self._published_epoch != self._reader.epoch:
                await self._publish_journal()
        while self._former:
            await self._open_ledger.resign(self._former[-1])
            self._former.pop()
        self.fault = ""

    async def _bury(self, process: str) -> None:
        """Announce that the members of a dead process left, unless another process does."""
        leaves = Outbox()
        for member in await self._open_ledger.members(process):
            leaves.add_leave(member, frame(encode(SYSTEM, Action.DISCONNECT, member)))
        async with self._publishing:
            self._number += 1  # used up even if the answer is lost: it may have been published
            batch = leaves.take() | {"process": self._process, "number": self._number}
            batch["buried"] = process
            epoch = self._reader.epoch
            payload = self._cluster.serialize(batch)
            appended = await self._open_ledger.bury(epoch, batch, payload)
            if appended.standing == Standing.OK:
                batch["epoch"] = epoch
                self._journal.add(batch)
                self._reader.hear_own(epoch, batch, appended)
                count = len(batch["leaves"])
                logger.warning("declared process %s dead, %d members", process, count)
