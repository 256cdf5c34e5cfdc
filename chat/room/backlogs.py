"""The members that have not taken all that was written to them, and what is done about it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.room.member import Member

# While most members are far behind, a flush waits only if most of them took LEAST_TAKEN bytes of
# their backlog in the last MOST_WAIT seconds.
MOST_WAIT: Final = 1.0
LEAST_TAKEN: Final = 4 * 1024
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
        self._held: tuple[float, dict[Member, int]] | None = None  # since when, `taken` then

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
        """Return whether the next flush must wait because most of the members are far behind.

        `members` is how many there are. The room is then too fast for them, or for the server. It
        waits while most of the slow ones take data: members that take nothing do not stop the room.
        They are sent what they take, so that they do not wait for the system to report it.
        """
        limit = self._most_bytes // 4
        far = [member for member in self._behind if member.transport.backlog > limit]
        if len(far) * 2 <= members:
            self._held = None
            return False
        self._send(far)
        taken = {member: member.transport.taken for member in far}
        if self._held is None:
            self._held = (now, taken)
        elif now - self._held[0] >= MOST_WAIT:
            before, self._held = self._held[1], (now, taken)
            moved = sum(taken[member] - before.get(member, 0) >= LEAST_TAKEN for member in far)
            if moved * 2 <= len(far):
                self._held = None
        return self._held is not None

    def stop(self) -> None:
        """Watch no longer."""
        if self._checker is not None:
            self._checker.cancel()

    def _check(self) -> None:
        """Find who is no longer behind, and who has not moved for too long."""
        now = monotonic()
        self._send(list(self._behind))
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

    def _send(self, members: list[Member]) -> None:
        for member in members:
            member.transport.send_backlog()

    def _give_up(self, member: Member) -> None:
        self.forget(member)
        self._on_slow(member)
