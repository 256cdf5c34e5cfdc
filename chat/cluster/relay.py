"""The relay over Redis: nothing lost through a cut, nobody left in the room by a dead process."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from typing import TYPE_CHECKING, Any, Final

from chat.cluster.journal import Journal
from chat.cluster.ledger import REDIS_ERRORS, START, Ledger, Place
from chat.frames import frame
from chat.outbox import Outbox
from chat.protocol import SYSTEM, Action, encode
from chat.relay import GROUP, Relay

if TYPE_CHECKING:
    from chat.cluster.layer import ClusterLayer
    from chat.relay import Receiver

BEAT_SECONDS: Final = 1.0
# A process that is not heard of for so long is dead to the others; with the beat of the survivor
# that finds it, its members' leaves are announced within ten seconds.
SILENCE_SECONDS: Final = 8.0
RETRY_SECONDS: Final = 0.25
# The number of a dead process's last batch: whatever it may still publish counts as an old one.
LAST_NUMBER: Final = 2**53

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
        self._known: dict[str, int] = {}
        self._place: Place = START
        self._due: Place = START
        self._epoch = ""
        self._online = 0
        self._number = 0
        self._process = uuid.uuid4().hex
        self._cut_since: float | None = None
        self._ordering = asyncio.Lock()
        self._publishing = asyncio.Lock()

    @property
    def online(self) -> int:
        """Members of the room in all processes, as of the last beat."""
        return max(self._online, super().online)

    async def stop(self) -> None:
        """Take part no longer."""
        await super().stop()
        if self._started is not None and self._started.done() and not self._started.cancelled():
            try:
                await self._ledger.resign(self._process)
            except REDIS_ERRORS as error:
                logger.warning("cannot resign from Redis, the others will notice: %s", error)
            await self._ledger.close()

    async def _subscribe(self) -> None:
        self._ledger: Ledger = self._cluster.open_ledger(GROUP)
        channel = await self._cluster.new_channel()
        await self._cluster.group_add(GROUP, channel)
        await self._register()
        self._run(self._receive(channel), self._publish(), self._beat_for_ever())

    async def _register(self) -> None:
        members = self._receiver.member_ids
        epoch, tip = await self._ledger.register(self._process, SILENCE_SECONDS, members)
        if not self._epoch:
            self._place = tip
        elif epoch != self._epoch:
            self._place = START
        self._epoch = epoch

    # Publishing

    async def _send(self, batch: dict[str, Any]) -> None:
        self._number += 1
        batch |= {"process": self._process, "number": self._number}
        self._journal.add(batch)
        async with self._publishing:
            while batch["process"] == self._process and not await self._append(batch):
                await asyncio.sleep(RETRY_SECONDS)

    async def _append(self, batch: dict[str, Any]) -> bool:
        """Publish one batch; False if it has to be tried again."""
        try:
            standing = await self._ledger.append(
                self._epoch, self._process, batch, self._cluster.serialize(batch)
            )
            if standing == "epoch":
                await self._begin_epoch()
        except REDIS_ERRORS as error:
            self._note_cut(error)
            return False
        self._note_contact()
        if standing == "gone":
            self._estrange("the other processes declared this one dead")
        return standing == "ok"

    async def _begin_epoch(self) -> None:
        """Publish again what a Redis that was restarted forgot and others may have missed."""
        logger.warning("Redis was restarted: publishing the latest batches again")
        await self._register()
        for batch in self._journal:
            payload = self._cluster.serialize(batch)
            await self._ledger.append(self._epoch, self._process, batch, payload)

    # Receiving

    async def _receive(self, channel: str) -> None:
        while True:
            batch = await self._layer.receive(channel)
            async with self._ordering:
                epoch, prev, place = batch["log"]
                if epoch != self._epoch or place <= self._place:
                    continue  # what a new epoch begins with is read again once it is ours, too
                if prev == self._place:
                    self._hand_over(place, batch)
                else:
                    await self._close_gap(place)

    def _hand_over(self, place: Place, batch: dict[str, Any]) -> None:
        self._place = place
        process, number = batch["process"], batch["number"]
        if number <= self._known.get(process, 0):
            return
        self._known[process] = number
        if process == self._process and number == LAST_NUMBER:
            self._estrange("the other processes declared this one dead")
        self._receiver.deliver(batch)

    async def _close_gap(self, until: Place) -> None:
        """Read again what was missed; where it is gone, members must not believe they have all."""
        while self._place < until:
            try:
                page = await self._ledger.since(self._place)
            except REDIS_ERRORS as error:
                self._note_cut(error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if not page or self._place not in {START, page[0][0]}:
                self._place = until
                logger.error("messages were lost: closing the members of this process")
                self._receiver.turn_out()
                return
            for place, payload in page:
                if place > self._place:
                    self._hand_over(place, self._cluster.deserialize(payload))

    # Staying in touch

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._beat()
            except REDIS_ERRORS as error:
                self._note_cut(error)

    async def _beat(self) -> None:
        beat = await self._ledger.beat(self._epoch, self._process)
        if beat.standing == "epoch":
            async with self._publishing:
                await self._begin_epoch()
        elif beat.standing == "gone":
            await self._come_back()
        self._note_contact()
        self._online = beat.online
        for process in beat.overdue:
            await self._bury(process)
        await self._catch_up(beat.tip)

    async def _catch_up(self, tip: Place) -> None:
        """Fetch what was due a beat ago and is not here: then the subscription hangs."""
        if self._place < self._due:
            async with self._ordering:
                await self._close_gap(self._due)
            await self._cluster.resubscribe()
        self._due = tip

    async def _bury(self, process: str) -> None:
        """Announce that the members of a dead process left, unless another process does."""
        leaves = Outbox()
        for member in await self._ledger.members(process):
            leaves.add_leave(member, frame(encode(SYSTEM, Action.DISCONNECT, member)))
        batch = leaves.take() | {"process": process, "number": LAST_NUMBER}
        if await self._ledger.bury(self._epoch, process, self._cluster.serialize(batch)):
            logger.warning(
                "declared process %s dead, %s", process, f"{len(batch['leaves'])} members"
            )

    def _estrange(self, reason: str) -> None:
        """Part with the members: others count this process as dead, or will."""
        logger.error("%s: closing its members", reason)
        self.fault = reason
        self._receiver.turn_out()
        self._outbox.take()
        self._journal.clear()
        self._process, self._number = uuid.uuid4().hex, 0

    async def _come_back(self) -> None:
        """Take part again as a new process, after whatever declared the old one dead."""
        if not self.fault:
            self._estrange("the other processes declared this one dead")
        async with self._publishing:
            await self._register()
        self.fault = ""

    def _note_cut(self, error: Exception) -> None:
        self.errors += 1
        now = time.monotonic()
        if self._cut_since is None:
            logger.warning("Redis does not answer, what is said waits: %s", error)
            self._cut_since = now
        elif now - self._cut_since > self._cluster.timeout and not self.fault:
            self._estrange(f"Redis has not answered for {self._cluster.timeout:g} seconds")

    def _note_contact(self) -> None:
        if self._cut_since is not None:
            logger.warning("Redis answers again")
            self._cut_since = None
