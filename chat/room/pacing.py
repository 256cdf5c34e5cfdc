"""How fast a member may speak. One that is faster is not punished: it is read more slowly."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from chat.protocol.rate_limit import spend

if TYPE_CHECKING:
    from chat.room.member import Member


class Pacer:
    """Lets each member say `burst` messages at once and `rate` a second from then on.

    Over it, reading from the member pauses. What had been read by then, one read's worth, is held
    back and said in its time, so that nothing is lost and the order stays.

    The consumer takes a message whose time has come. `paced` counts the messages that came too
    early.
    """

    def __init__(self) -> None:
        self.paced = 0
        self._interval = 0.0
        self._slack = 0.0
        self._is_dry_run = False
        self._held: dict[Member, deque[str | bytes | None]] = {}
        self._timers: dict[Member, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        """Return how many members are held back now."""
        return len(self._held)

    def set_pace(self, rate: float, burst: int, *, is_dry_run: bool = False) -> None:
        """Change the pace, also for what is held back; a dry run only counts in `paced`.

        With a `rate` of 0 everybody is as fast as they like.
        """
        if not rate:
            self._interval = 0.0
            self.release_all()
            return
        self._interval = 1 / rate
        self._slack = (burst - 1) / rate
        self._is_dry_run = is_dry_run
        for member in list(self._held):
            member.free_at = 0.0
            self._wait(member, 0.0)

    def admits(self, member: Member, text: str | bytes | None) -> bool:
        """Tell whether the message may be said now; if not, it is kept and said later."""
        if not self._interval:
            return True
        held = self._held.get(member)
        if held is not None:
            held.append(text)
            return False
        now = asyncio.get_running_loop().time()
        if self._may_speak(member, now):
            return True
        self.paced += 1
        if self._is_dry_run:
            return True
        self._held[member] = deque([text])
        member.pause()
        self._wait(member, member.free_at - self._slack - now)
        return False

    def forget(self, member: Member) -> None:
        """Drop what is held back from a member that has left."""
        self._held.pop(member, None)
        timer = self._timers.pop(member, None)
        if timer is not None:
            timer.cancel()

    def release_all(self) -> None:
        """Say all that is held back now: there is no pace any longer."""
        for member, held in list(self._held.items()):
            self.forget(member)
            for text in held:
                member.consumer.take(text)
            member.resume()

    def _may_speak(self, member: Member, now: float) -> bool:
        member.free_at, wait = spend(member.free_at, now, self._interval, self._slack)
        return not wait

    def _wait(self, member: Member, seconds: float) -> None:
        timer = self._timers.pop(member, None)
        if timer is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        # A millisecond more than it takes: the loop may be early by its clock's resolution.
        self._timers[member] = loop.call_later(seconds + 0.001, self._release, member)

    def _release(self, member: Member) -> None:
        held = self._held[member]
        now = asyncio.get_running_loop().time()
        while held and self._may_speak(member, now):
            member.consumer.take(held.popleft())
            if member not in self._held:
                return  # it said something bad, and was disconnected
        if held:
            self._wait(member, member.free_at - self._slack - now)
        else:
            self.forget(member)
            member.resume()
