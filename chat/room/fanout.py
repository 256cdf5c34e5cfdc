"""The members of this process, and the handing of each batch of frames to every one of them."""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final

from chat.protocol.frames import whole_frames
from chat.room.backlogs import Backlogs
from chat.transport.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chat.room.member import Member
    from chat.transport.base import Transport

# uvloop's clock and timers count in whole milliseconds: shorter times are measured here, and waited
# for in turns of the loop, which read meanwhile. Rooms of 100 and 200 gained a quarter by it.
LEAST_WAIT: Final = 0.001
LEAST_REST: Final = 0.0001
# Bytes of one flush, unless a single frame is longer. Small flushes keep members level while the
# room waits for them.
MOST_FLUSHED: Final = 128 * 1024
# Seconds between two looks while a flush waits for slow members. Each look sends to all of them.
STEP: Final = 0.02


class Fanout:
    """Hands every batch to every member.

    After a flush the next one waits until as much has come as that one held, for the time that it
    took at most: members who answer what they hear are heard together, and nobody waits for long
    for who does not. The loop over the members does not await, and a write never waits: what a
    socket does not take at once is its backlog (`backlogs` says who is given to `on_slow` for it).
    `on_flushed` is told the bytes of a flush, those written to all members together, and the
    seconds it took.
    """

    def __init__(
        self,
        *,
        backlog_bytes: int,
        stall_seconds: float,
        on_slow: Callable[[Member], None],
        on_flushed: Callable[[int, int, float], None],
    ) -> None:
        # By what the loop over them needs: to look at each member, too, makes a flush 6 % longer.
        self.members: dict[Transport, Member] = {}
        self.pending_bytes = 0
        self._batches: list[bytes] = []
        self._joining: list[tuple[int, Member]] = []
        self._most_flushed = min(backlog_bytes // 4, MOST_FLUSHED)
        self._backlogs = Backlogs(backlog_bytes, stall_seconds, self._give_up)
        self._on_slow = on_slow
        self._on_flushed = on_flushed
        self._timer: asyncio.Handle | None = None
        self._next_flush_at = 0.0
        self._enough: float = 0  # bytes that need not wait until then

    def deliver(self, frames: bytes, joins: Iterable[tuple[int, Member]] = ()) -> None:
        """Queue a batch for the next flush.

        Args:
            frames: whole text frames, in the room's order.
            joins: members whose own connect stands in `frames`, each with the offset in bytes at
                which it begins; they get everything from there on.

        """
        for offset, member in joins:
            self._joining.append((self.pending_bytes + offset, member))
        self._batches.append(frames)
        self.pending_bytes += len(frames)
        if self.pending_bytes >= self._enough:
            self._flush()
        elif self._timer is None:
            self._schedule()

    def forget(self, member: Member) -> None:
        """Forget a member; harmless if it was never here."""
        self.members.pop(member.transport, None)
        self._backlogs.forget(member)

    @property
    def rest(self) -> float:
        """Seconds until the next flush may be; more than none, too, while one is due."""
        left = max(0.0, self._next_flush_at - monotonic())
        return max(left, LEAST_REST) if self._timer is not None else left

    @property
    def hearing(self) -> int:
        """How many members get the whole of the next batch."""
        return len(self.members) + len(self._joining)

    @property
    def behind(self) -> int:
        """How many members have not taken all that was written to them."""
        return len(self._backlogs)

    def stop(self) -> None:
        """Cancel the timers."""
        self._cancel()
        self._backlogs.stop()

    def _schedule(self) -> None:
        wait = self._next_flush_at - monotonic()
        if wait <= 0:
            self._flush()
        elif wait < LEAST_WAIT:
            self._timer = asyncio.get_running_loop().call_soon(self._schedule)
        else:
            self._timer = asyncio.get_running_loop().call_later(wait, self._flush)

    def _flush(self) -> None:
        started = monotonic()
        self._cancel()
        if self._backlogs.must_hold(started, len(self.members)):
            self._hold(STEP)
            return
        batch, joining = self._take()
        behind = self._write(batch)
        written = len(batch) * len(self.members)
        for offset, member in joining:
            if member.in_room:
                self.members[member.transport] = member
                part = member.own_part(batch, offset)
                written += len(part)
                if member.transport.write(part):
                    behind.append(member)
        for member in behind:
            self._backlogs.note(member, started)
        now = monotonic()
        took = now - started
        self._next_flush_at = now + took
        self._enough = len(batch)
        if self._batches:
            self._hold(max(took, LEAST_WAIT))
        self._on_flushed(len(batch), written, took)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hold(self, seconds: float) -> None:
        """Flush in so many seconds, however much comes meanwhile."""
        self._enough = inf
        self._timer = asyncio.get_running_loop().call_later(seconds, self._flush)

    def _write(self, batch: bytes) -> list[Member]:
        """Write to all members; return those that have not taken all.

        Nearly every member costs this loop and one system call: what else there is to find out
        about a socket has been by the time that its `send` is the system's.
        """
        size = len(batch)
        left = []
        pages = Pages.of(batch)
        for transport in self.members:
            try:
                sent = transport.send(batch) if pages is None else transport.send_pages(pages)
            except OSError:
                sent = 0
            if sent != size:
                left.append((transport, sent))
        if pages is not None:
            pages.close()
        return [self.members[each] for each, sent in left if each.write(batch[sent:])]

    def _take(self) -> tuple[bytes, list[tuple[int, Member]]]:
        """Take the frames of one flush, and who joins within them.

        Many long messages at once would put even those who read over the limit: they come in parts.
        """
        batch = b"".join(self._batches)
        joining, self._joining = self._joining, []
        self._batches.clear()
        self.pending_bytes = 0
        if len(batch) > self._most_flushed:
            cut = whole_frames(batch, self._most_flushed)
            self._batches.append(batch[cut:])
            self.pending_bytes = len(batch) - cut
            self._joining = [(offset - cut, member) for offset, member in joining if offset >= cut]
            joining = [(offset, member) for offset, member in joining if offset < cut]
            batch = batch[:cut]
        return batch, joining

    def _give_up(self, member: Member) -> None:
        self.forget(member)
        self._on_slow(member)
