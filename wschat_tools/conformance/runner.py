"""Run checks one after the other; none of them may hang, and none ends the others."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import time
from typing import TYPE_CHECKING

from wschat_tools.conformance.check import JOIN
from wschat_tools.conformance.errors import ENDINGS, Difference, FullError, SilentError, shown
from wschat_tools.conformance.outcome import Outcome, Status, judged
from wschat_tools.conformance.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wschat_tools.conformance.check import Check
    from wschat_tools.load import Address

TIMEOUT_SECONDS = 3.0
# A check has many waits, and strangers who chat could keep one of them going for ever.
CHECK_TIMEOUTS = 10
# A server that leaves one wait without an answer leaves others, too: each in vain halves the next,
# down to this, or to so many times what it took to let the first one in.
LEAST_TIMEOUT_SECONDS = 0.3
LEAST_TIMEOUT_JOINS = 20


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
        self.interrupted = False
        self._address = address
        self._timeout = timeout
        self._least = min(timeout, LEAST_TIMEOUT_SECONDS)
        self._patience = timeout
        self._fragmented = fragmented
        self._past: set[str] = set()
        self._running: asyncio.Task[Outcome] | None = None

    def interrupt(self) -> None:
        """End the check that is under way, and run no other."""
        self.interrupted = True
        if self._running is not None:
            self._running.cancel()

    async def knock(self) -> None:
        """See whether there is a server: what it says of who joins is for a check to see.

        Raises:
            GoneError: there is none; its text says why.

        """
        began = time.monotonic()
        async with self._room(self._timeout) as room:
            try:
                connection = await room.open()
            except ENDINGS as error:
                raise GoneError(f"{self._address}: {told(error)}") from None
            with contextlib.suppress(Difference, TimeoutError, *ENDINGS):
                async with asyncio.timeout(self._timeout):
                    await room.greet(connection)
        took = LEAST_TIMEOUT_JOINS * (time.monotonic() - began)
        self._least = min(self._timeout, max(self._least, took))

    async def run(
        self, checks: Iterable[Check], done: Callable[[Outcome], None] = lambda _: None
    ) -> list[Outcome]:
        """Run checks, telling `done` of each.

        What stands on a check that failed is skipped; once the server is gone, or somebody has
        interrupted, the rest is not run.
        """
        outcomes: dict[str, Outcome] = {}
        gone = ""
        for check in checks:
            if gone or self.interrupted:
                outcome = Outcome(check, Status.NOT_RUN, check.rule, gone or "interrupted")
            elif because := _failed_below(check, outcomes):
                outcome = Outcome(check, Status.SKIPPED, because=because)
            else:
                outcome = await self._run_unless_interrupted(check)
                lost = outcome.is_found and check.name != JOIN
                gone = await self._why_gone() if lost else ""
            outcomes[check.name] = outcome
            done(outcome)
        return list(outcomes.values())

    async def run_one(self, check: Check) -> Outcome:
        """Run one check."""
        began = time.monotonic()
        limit = self._patience * CHECK_TIMEOUTS
        try:
            async with asyncio.timeout(limit), self._room(self._patience) as room:
                await check.body(room)
        except Exception as error:  # noqa: BLE001 - whatever a server sends, the rest is checked
            first = _first(error)
            if isinstance(first, FullError):
                return Outcome(check, Status.SKIPPED, because=str(first))
            outcome = _found(check, first, limit, time.monotonic() - began)
            if outcome.silent:
                # The floor rises with a server that grows slow; a wait in vain lengthens none.
                self._patience = min(self._patience, max(self._least, self._patience / 2))
            return outcome
        return Outcome(check, Status.PASS, seconds=time.monotonic() - began)

    async def _run_unless_interrupted(self, check: Check) -> Outcome:
        self._running = asyncio.create_task(self.run_one(check))
        try:
            return await self._running
        except asyncio.CancelledError:
            if not self.interrupted:
                raise
            return Outcome(check, Status.NOT_RUN, check.rule, "interrupted")
        finally:
            self._running.cancel()

    async def _why_gone(self) -> str:
        try:
            async with asyncio.timeout(self._timeout * 2), self._room(self._timeout) as room:
                await room.join()
        except (Difference, TimeoutError, *ENDINGS) as error:
            reason = "no own connect in time" if type(error) is TimeoutError else told(error)
            return f"{self._address}: {reason}"
        return ""

    def _room(self, patience: float) -> Room:
        return Room(self._address, patience, fragmented=self._fragmented, past=self._past)


def told(error: BaseException) -> str:
    """Say in words what a server did instead."""
    if isinstance(error, ssl.SSLError):  # whose numbers are not those of the system
        reason = getattr(error, "verify_message", "") or error.reason or error
        return f"no connection: {shown(str(reason))}"
    if isinstance(error, OSError):
        # asyncio's text for a refused connection shows the socket's address instead of the reason.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror or error
        return f"no connection: {reason}"
    return shown(str(error))


def _failed_below(check: Check, outcomes: Mapping[str, Outcome]) -> str:
    """Return the name of the check that failed below this one, "" if none did."""
    for need in check.needs:
        below = outcomes.get(need)
        if below is not None and below.status is not Status.PASS:
            return below.because or need
    return ""


def _found(check: Check, error: BaseException, limit: float, seconds: float) -> Outcome:
    """Return the outcome of a check that ended with an error."""
    expected, silent = check.rule, isinstance(error, SilentError | TimeoutError)
    if isinstance(error, Difference):
        expected, got = error.expected, error.got
        silent = isinstance(error.__context__, SilentError)
    elif isinstance(error, TimeoutError):
        got = f"not all of it in time, {limit:g} s at most"
    elif isinstance(error, ENDINGS):
        got = told(error)
    else:
        got = shown(f"what the check did not foresee ({type(error).__name__}: {error})")
    return judged(check, expected, got, seconds, silent=silent)


def _first(error: BaseException) -> BaseException:
    """Return the error, or one of a group; the others follow from it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
