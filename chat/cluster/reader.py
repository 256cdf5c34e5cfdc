"""The receiving side of a process in a cluster: every batch once, in the order of the places."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from chat.cluster.answers import START, Place
from chat.cluster.contact import REDIS_ERRORS
from chat.cluster.roster import Rosters
from chat.room.outbox import EVENT

if TYPE_CHECKING:
    from chat.cluster.answers import Appended, Snapshot
    from chat.cluster.audience import Audience
    from chat.cluster.layer import ClusterLayer
    from chat.cluster.ledger import Ledger

RETRY_SECONDS: Final = 0.25
# Seconds between two looks whether the fan-out has come after.
STEP: Final = 0.005
# Batches that are handed over together at most, where they came together.
MOST_TAKEN: Final = 16
# Who said something so lately is waited for when others do, for so long at most.
LATELY_SECONDS: Final = 0.01
HOLD_SECONDS: Final = 0.002
# Known of a dead process instead of a number: whatever it may still publish is an old batch.
LAST_NUMBER: Final = 2**53

logger = logging.getLogger(__name__)


class Reader:
    """Receives from one channel of the layer; what does not come that way is read again.

    `epoch` is the one that this process takes part in, `place` that of the last batch taken.
    """

    def __init__(self, layer: ClusterLayer, ledger: Ledger, channel: str, audience: Audience):
        self.epoch = ""
        self.place: Place = START
        self.rosters = Rosters()
        self._layer = layer
        self._ledger = ledger
        self._inbox = layer.inbox(channel)
        self._audience = audience
        self._due: Place = START
        self._seen: Place = START
        self._epochs: set[str] = set()
        self._since = 0
        self._known: dict[str, int] = {}
        self._ordering = asyncio.Lock()
        self._taken: list[dict[str, Any]] = []
        self._hold_until = 0.0
        self._handed: Place = START
        self._handing = asyncio.Event()
        self._lately: dict[str, float] = {}

    def begin(self, epoch: str, snapshot: Snapshot | None = None) -> None:
        """Go on at a snapshot of this epoch, or without one at the epoch's beginning."""
        self.epoch = epoch
        self._epochs.add(epoch)
        self._since = self._since or _began(epoch)
        self.place = self._due = START
        if snapshot is not None:
            self.place = snapshot.tip
            self.rosters.reset(snapshot.rosters)
            self._known = {**snapshot.numbers, **_dead(self._known)}

    def last_number(self, process: str) -> int:
        """Return that of the last batch of a process that was taken, as the rosters tell of it."""
        return self._known.get(process, 0)

    async def run(self) -> None:
        """Receive for ever."""
        while True:
            batch = await self._inbox.receive()
            async with self._ordering:
                await self._sort_in(batch)
            if not self._inbox and not await self._more_comes():
                self._hand_over()
            await self._keep_pace()

    def hear_own(self, epoch: str, batch: dict[str, Any], appended: Appended) -> None:
        """Take a batch that this process has published, if nothing came between.

        Otherwise the subscription brings it, behind what did; and where nobody was sent it, the
        gap before it is read again.
        """
        is_next = appended.prev == self.place and not self._inbox
        if is_next or not appended.is_told:
            log = (epoch, appended.prev, appended.place)
            self._inbox.put(batch | {"log": log})

    async def handed_over(self, place: Place, seconds: float) -> None:
        """Wait until the batch of a place is handed over, but no longer than so many seconds."""
        if self._handed >= place:
            return
        timer = asyncio.get_running_loop().call_later(seconds, self._note_handed, place)
        while self._handed < place:
            self._handing.clear()
            await self._handing.wait()
        timer.cancel()

    async def catch_up(self, tip: Place) -> bool:
        """Fetch what was due a beat ago and is not here: then the subscription hangs.

        Return whether this process hears: it has all, or gets on, or waits for its own members.
        """
        due, self._due = self._due, tip
        seen, self._seen = self._seen, self.place
        if self.place >= due or self._audience.is_behind:
            return True
        if self._ordering.locked() or self._inbox:
            return self.place > seen
        logger.warning("the subscription is silent: reading again what it missed")
        async with self._ordering:
            await self._close_gap(self.epoch, due)
        await self._layer.resubscribe()
        return self.place >= due

    async def _sort_in(self, batch: dict[str, Any]) -> None:
        if "log" not in batch:
            self._audience.pass_on(batch)
            return
        epoch, prev, place = batch["log"]
        if epoch != self.epoch or place <= self.place:
            return  # what a new epoch begins with is read again once it is ours, too
        if prev == self.place:
            self._take(place, batch)
        else:
            await self._close_gap(epoch, place)

    def _take(self, place: Place, batch: dict[str, Any]) -> None:
        self.place = place
        if batch.get("type") != EVENT:
            self._audience.pass_on(batch)
        elif self._is_news(batch):
            self.rosters.note(batch)
            if not self._taken:
                self._hold_until = time.monotonic() + HOLD_SECONDS
            self._taken.append(batch)
            if len(self._taken) >= MOST_TAKEN:
                self._hand_over()

    async def _more_comes(self) -> bool:
        """Wait a moment for whoever talked a moment ago, too; tell whether something came.

        Processes that hand out at the same time hear from their members at the same time, so the
        wait is short, and saves every member a system call for each process.
        """
        now = time.monotonic()
        processes = {batch["process"] for batch in self._taken}
        self._lately = {who: at for who, at in self._lately.items() if now - at < LATELY_SECONDS}
        missing = self._lately.keys() - processes
        self._lately.update(dict.fromkeys(processes, now))
        if not missing or now >= self._hold_until:
            return False
        return await self._inbox.arrives(self._hold_until - now)

    def _hand_over(self) -> None:
        taken, self._taken = self._taken, []
        if taken:
            self._audience.take(taken)
        self._note_handed(self.place)

    def _note_handed(self, place: Place) -> None:
        self._handed = place
        self._handing.set()

    def _is_news(self, batch: dict[str, Any]) -> bool:
        """Tell whether a batch is none that was heard before, in whatever epoch."""
        process, number, buried = batch["process"], batch["number"], batch.get("buried")
        if number <= self._known.get(process, 0):
            return False
        self._known[process] = number
        epoch = batch.get("epoch", self.epoch)
        if epoch not in self._epochs and _began(epoch) <= self._since:
            return False  # published for others that were there, before this process was
        if buried is not None:
            is_news = self._known.get(buried) != LAST_NUMBER
            self._known[buried] = LAST_NUMBER
            return is_news
        return True

    async def _close_gap(self, epoch: str, until: Place) -> None:
        """Read again what was missed; where it is gone, members must not believe they have all."""
        while self.epoch == epoch and self.place < until:
            try:
                page = await self._ledger.since(epoch, self.place)
            except REDIS_ERRORS as error:
                self._audience.cut(error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if page is None or self.epoch != epoch:
                return
            if page.forgotten > self.place or not page.batches:
                await self._jump(epoch)
                return
            for place, payload in page.batches:
                self._take(place, self._layer.deserialize(payload))
            self._hand_over()
            await self._keep_pace()

    async def _jump(self, epoch: str) -> None:
        """Go on at the end of the order, without what was missed."""
        try:
            snapshot = await self._ledger.snapshot()
        except REDIS_ERRORS as error:
            self._audience.cut(error)
            return  # the next batch shows the gap again
        if self.epoch == epoch:
            self._hand_over()
            self.begin(epoch, snapshot)
            self._audience.lose()

    async def _keep_pace(self) -> None:
        """Let Redis keep what this process cannot hand out yet."""
        while self._audience.is_behind:
            await asyncio.sleep(STEP)


def _began(epoch: str) -> int:
    """Return when an epoch began, in milliseconds of its Redis; two may follow within seconds."""
    _, _, milliseconds = epoch.partition(":")
    return int(milliseconds) if milliseconds.isdecimal() else 0


def _dead(known: dict[str, int]) -> dict[str, int]:
    return {process: number for process, number in known.items() if number == LAST_NUMBER}
