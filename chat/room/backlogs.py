"""The members that have not taken all that was written to them, and what is done about it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.room.member import Member

# The longest wait of one flush, in seconds.
MOST_WAIT: Final = 1.0
# A member counts as slow, and no flush waits for it, if it takes less than LEAST_TAKEN bytes in
# FAST_SECONDS. With a low limit it is a LEAST_PART-th of the limit.
FAST_SECONDS: Final = 2.0
LEAST_TAKEN: Final = 128 * 1024
LEAST_PART: Final = 32
# Seconds between two looks at the members that are behind.
CHECK_EVERY: Final = 1.0


class _Progress:
    """What a member that is behind has taken: when last anything, and when last enough.

    `counted` is what it had taken at `counted_at`, when the current count began.
    """

    __slots__ = ("counted", "counted_at", "fast_at", "moved_at", "taken")

    def __init__(self, taken: int, now: float) -> None:
        self.taken = self.counted = taken
        self.counted_at = self.moved_at = self.fast_at = now

    def update(self, taken: int, least: int, now: float) -> None:
        """Note how much the member has taken; `least` bytes in FAST_SECONDS are enough."""
        if taken != self.taken:
            self.taken, self.moved_at = taken, now
        is_fast = taken - self.counted >= least
        if is_fast:
            self.fast_at = now
        if is_fast or now - self.counted_at >= FAST_SECONDS:
            self.counted, self.counted_at = taken, now


class Backlogs:
    """Watches who is behind.

    A member whose backlog passes `most_bytes`, or does not shrink for `stall_seconds`, is given to
    `on_slow` once.
    """

    def __init__(
        self, most_bytes: int, stall_seconds: float, on_slow: Callable[[Member], None]
    ) -> None:
        self._behind: dict[Member, _Progress] = {}
        self._most_bytes = most_bytes
        self._least_taken = min(LEAST_TAKEN, most_bytes // LEAST_PART)
        self._stall_seconds = stall_seconds
        self._on_slow = on_slow
        self._checker: asyncio.TimerHandle | None = None
        self._held_at: float | None = None

    def __len__(self) -> int:
        return len(self._behind)

    def note(self, member: Member, now: float) -> None:
        """Watch a member that has not taken all, or give it up."""
        if member.transport.backlog > self._most_bytes:
            self._give_up(member)
        elif member not in self._behind:
            self._behind[member] = _Progress(member.transport.taken, now)
        if self._checker is None:
            self._checker = asyncio.get_running_loop().call_later(CHECK_EVERY, self._check)

    def forget(self, member: Member) -> None:
        """Forget a member; harmless if it is not behind."""
        self._behind.pop(member, None)

    def must_hold(self, now: float, members: int) -> bool:
        """Return whether the next flush must wait because most of the members are far behind.

        `members` is how many there are. The room is then too fast for them, or for the server.
        Members that take little or nothing do not count. The others are sent what they take, so
        that they do not wait for the system to report it.
        """
        limit = self._most_bytes // 4
        far = [
            member
            for member, progress in self._behind.items()
            if member.transport.backlog > limit and now - progress.fast_at < FAST_SECONDS
        ]
        if len(far) * 2 <= members or (self._held_at and now - self._held_at >= MOST_WAIT):
            self._held_at = None
            return False
        self._held_at = self._held_at or now
        self._send(far)
        return True

    def stop(self) -> None:
        """Watch no longer."""
        if self._checker is not None:
            self._checker.cancel()

    def _check(self) -> None:
        """Find who is no longer behind, and who has not moved for too long."""
        now = monotonic()
        self._send(list(self._behind))
        for member, progress in list(self._behind.items()):
            progress.update(member.transport.taken, self._least_taken, now)
            if not member.transport.backlog:
                del self._behind[member]
            elif now - progress.moved_at >= self._stall_seconds:
                self._give_up(member)
        self._checker = None
        if self._behind:
            self._checker = asyncio.get_running_loop().call_later(CHECK_EVERY, self._check)

    def _send(self, members: list[Member]) -> None:
        for member in members:
            member.transport.send_backlog()

    def _give_up(self, member: Member) -> None:
        self.forget(member)
        self._on_slow(member)
