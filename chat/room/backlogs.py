"""The members that have not taken all that was written to them, and what is done about it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.room.member import Member

# A flush waits at most this many seconds for most members to take a part of what they have.
MOST_WAIT: Final = 1.0
# Seconds between two looks at the members that are behind.
CHECK_EVERY: Final = 1.0


class Backlogs:
    """Watches who is behind.

    A member whose backlog passes `most_bytes`, or does not shrink for `stall_seconds`, is given to
    `on_slow` once.
    """

    def __init__(
        self, most_bytes: int, stall_seconds: float, on_slow: Callable[[Member], None]
    ) -> None:
        self._behind: dict[Member, tuple[int, float]] = {}
        self._most_bytes = most_bytes
        self._stall_seconds = stall_seconds
        self._on_slow = on_slow
        self._checker: asyncio.TimerHandle | None = None
        self._held_since: float | None = None

    def __len__(self) -> int:
        return len(self._behind)

    def note(self, member: Member, now: float) -> None:
        """Watch a member that has not taken all, or give it up."""
        if member.transport.backlog > self._most_bytes:
            self._give_up(member)
        elif member not in self._behind:
            self._behind[member] = (member.transport.taken, now)
        if self._checker is None:
            self._checker = asyncio.get_running_loop().call_later(CHECK_EVERY, self._check)

    def forget(self, member: Member) -> None:
        """Forget a member; harmless if it is not behind."""
        self._behind.pop(member, None)

    def must_hold(self, now: float, members: int) -> bool:
        """Tell whether most of so many members are far behind: then the room is too fast."""
        limit = self._most_bytes // 4
        if len(self) * 2 <= members or (
            sum(member.transport.backlog > limit for member in self._behind) * 2 <= members
        ):
            self._held_since = None
        elif self._held_since is None:
            self._held_since = now
        elif now - self._held_since >= MOST_WAIT:
            self._held_since = None
        return self._held_since is not None

    def stop(self) -> None:
        """Watch no longer."""
        if self._checker is not None:
            self._checker.cancel()

    def _check(self) -> None:
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
            self._checker = asyncio.get_running_loop().call_later(CHECK_EVERY, self._check)

    def _give_up(self, member: Member) -> None:
        self.forget(member)
        self._on_slow(member)
