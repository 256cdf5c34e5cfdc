"""Run checks one after the other; none of them may hang, and none ends the others."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from chat.conformance.errors import ENDINGS, Difference, shown
from chat.conformance.outcome import Outcome, Status, judged
from chat.conformance.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chat.conformance.check import Check
    from chat.load import Address

TIMEOUT_SECONDS = 3.0
# A check has many waits, and strangers who chat could keep one of them going for ever.
CHECK_TIMEOUTS = 10


class GoneError(Exception):
    """There is no server to check, or there is no more."""


class Runner:
    """Checks one server.

    Args:
        address: where it is.
        timeout: how long (seconds) each wait lasts at most.
        fragmented: whether members send every message in two frames.

    """

    def __init__(
        self, address: Address, timeout: float = TIMEOUT_SECONDS, *, fragmented: bool = False
    ) -> None:
        self._address = address
        self._timeout = timeout
        self._fragmented = fragmented
        self._past: set[str] = set()

    async def knock(self) -> None:
        """See whether somebody can join at all.

        Raises:
            GoneError: nobody can; its text says why.

        """
        try:
            async with asyncio.timeout(self._timeout * 2), self._room() as room:
                await room.join()
        except Difference as found:
            raise GoneError(f"{self._address}: {found}") from None
        except TimeoutError:
            raise GoneError(f"{self._address}: no own connect in time") from None
        except ENDINGS as error:
            raise GoneError(f"{self._address}: {told(error)}") from None

    async def run(
        self, checks: Iterable[Check], done: Callable[[Outcome], None] = lambda _: None
    ) -> list[Outcome]:
        """Run checks, telling `done` of each; once the server is gone the rest is not run."""
        outcomes: list[Outcome] = []
        gone = ""
        for check in checks:
            if gone:
                outcome = Outcome(check, Status.NOT_RUN, check.rule, gone)
            else:
                outcome = await self.run_one(check)
                gone = "" if outcome.status is Status.PASS else await self._why_gone()
            outcomes.append(outcome)
            done(outcome)
        return outcomes

    async def run_one(self, check: Check) -> Outcome:
        """Run one check."""
        began = time.monotonic()
        limit = self._timeout * CHECK_TIMEOUTS
        try:
            async with asyncio.timeout(limit), self._room() as room:
                await check.body(room)
        except (Difference, BaseExceptionGroup, *ENDINGS) as error:
            expected, got = _finding(check, _first(error), limit)
            return judged(check, expected, got, time.monotonic() - began)
        return Outcome(check, Status.PASS, seconds=time.monotonic() - began)

    async def _why_gone(self) -> str:
        try:
            await self.knock()
        except GoneError as error:
            return str(error)
        return ""

    def _room(self) -> Room:
        return Room(self._address, self._timeout, fragmented=self._fragmented, past=self._past)


def told(error: BaseException) -> str:
    """Say in words what a server did instead."""
    if isinstance(error, OSError):
        return f"no connection: {error.strerror or error}"
    return shown(str(error))


def _finding(check: Check, error: BaseException, limit: float) -> tuple[str, str]:
    """Return what was expected and what came; an error that is no finding is raised again."""
    if isinstance(error, Difference):
        return error.expected, error.got
    if isinstance(error, TimeoutError):
        return check.rule, f"not all of it in time, {limit:g} s at most"
    if isinstance(error, ENDINGS):
        return check.rule, told(error)
    raise error


def _first(error: BaseException) -> BaseException:
    """Return the error, or one of a group; the others follow from it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
