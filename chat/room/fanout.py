"""The members of this process, and the handing of each batch of frames to every one of them."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

from chat.protocol.frames import whole_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chat.room.member import Member

# After a flush the next one waits for this part of the time it took: waiting the whole of it left
# the core idle in small rooms, not waiting at all made small batches in large ones.
WAIT_SHARE: Final = 0.3
# uvloop's clock and timers count in whole milliseconds: shorter times are measured here, and waited
# for in turns of the loop, which read meanwhile. Rooms of 100 and 200 gained a quarter by it.
LEAST_WAIT: Final = 0.001
LEAST_REST: Final = 0.0001
# While most members are behind, a flush waits for them in steps of STEP seconds, MOST_WAIT in all.
STEP: Final = 0.005
MOST_WAIT: Final = 1.0
# Seconds between two looks at the members that are behind.
CHECK_EVERY: Final = 1.0


class Fanout:
    """Hands every batch to every member.

    The loop over the members does not await, and a write never waits: what a socket does not take
    at once is its backlog. A member whose backlog passes `backlog_bytes`, or does not shrink for
    `stall_seconds`, is given to `on_slow` once. `on_flushed` is told the bytes of a flush, those
    written to all members together, and the seconds it took.
    """

    def __init__(
        self,
        *,
        backlog_bytes: int,
        stall_seconds: float,
        on_slow: Callable[[Member], None],
        on_flushed: Callable[[int, int, float], None],
    ) -> None:
        self.members: dict[str, Member] = {}
        self.pending_bytes = 0
        self._batches: list[bytes] = []
        self._joining: list[tuple[int, Member]] = []
        self._behind: dict[Member, tuple[int, float]] = {}
        self._backlog_bytes = backlog_bytes
        self._most_flushed = backlog_bytes // 4
        self._stall_seconds = stall_seconds
        self._on_slow = on_slow
        self._on_flushed = on_flushed
        self._timer: asyncio.Handle | None = None
        self._checker: asyncio.TimerHandle | None = None
        self._next_flush_at = 0.0
        self._held_since: float | None = None

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
        if self._timer is None:
            self._schedule()

    def forget(self, member: Member) -> None:
        """Forget a member; harmless if it was never here."""
        self.members.pop(member.id, None)
        self._behind.pop(member, None)

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
        return len(self._behind)

    def stop(self) -> None:
        """Cancel the timers."""
        for timer in (self._timer, self._checker):
            if timer is not None:
                timer.cancel()
        self._timer = self._checker = None

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
        if self._must_hold(started):
            self._timer = asyncio.get_running_loop().call_later(STEP, self._flush)
            return
        self._timer = None
        batch, joining = self._take()
        behind = [member for member in self.members.values() if member.transport.write(batch)]
        written = len(batch) * len(self.members)
        for offset, member in joining:
            if member.in_room:
                self.members[member.id] = member
                part = member.own_part(batch, offset)
                written += len(part)
                if member.transport.write(part):
                    behind.append(member)
        for member in behind:
            self._note_behind(member, started)
        now = monotonic()
        self._next_flush_at = now + WAIT_SHARE * (now - started)
        if self._batches:
            wait = max(WAIT_SHARE * (now - started), LEAST_WAIT)
            self._timer = asyncio.get_running_loop().call_later(wait, self._flush)
        self._on_flushed(len(batch), written, now - started)

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

    def _must_hold(self, now: float) -> bool:
        """Tell whether most members are behind: then it is the room that is too fast, not they."""
        limit = self._backlog_bytes // 4
        if len(self._behind) * 2 <= len(self.members) or (
            sum(member.transport.backlog > limit for member in self._behind) * 2
            <= len(self.members)
        ):
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        elif now - self._held_since >= MOST_WAIT:
            self._held_since = None
        return self._held_since is not None

    def _note_behind(self, member: Member, now: float) -> None:
        if member.transport.backlog > self._backlog_bytes:
            self._give_up(member)
        elif member not in self._behind:
            self._behind[member] = (member.transport.taken, now)
        if self._checker is None:
            self._checker = asyncio.get_running_loop().call_later(CHECK_EVERY, self._check_behind)

    def _check_behind(self) -> None:
        """Find who is no longer behind, and who has not moved for too long."""
        now = monotonic()
        for member, (taken, since) in list(self._behind.items()):
            if not member.transport.backlog:
                del self._behind[member]
            elif member.transport.taken != taken:
                self._behind[member] = (member.transport.taken, now)
            elif now - since >= self._stall_seconds:
                self._give_up(member)
        self._checker = None
        if self._behind:
            self._checker = asyncio.get_running_loop().call_later(CHECK_EVERY, self._check_behind)

    def _give_up(self, member: Member) -> None:
        self.forget(member)
        self._on_slow(member)
