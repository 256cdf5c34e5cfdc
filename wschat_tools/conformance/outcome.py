"""What came of a check."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from wschat_tools.conformance.check import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wschat_tools.conformance.check import Check

MOST_FACTS = 3


class Status(StrEnum):
    """How a server stands to a rule."""

    PASS = "pass"  # noqa: S105 - no password
    DIFFERS = "differs"
    FAIL = "fail"
    SKIPPED = "skipped"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check's outcome; `expected` and `got` are empty where it passed.

    `because` is the check that failed below one that was skipped. `silent` is true where something
    was waited for in vain.
    """

    check: Check
    status: Status
    expected: str = ""
    got: str = ""
    seconds: float = 0.0
    because: str = ""
    silent: bool = False

    @property
    def is_found(self) -> bool:
        """Whether the server was seen to differ."""
        return self.status in {Status.FAIL, Status.DIFFERS}

    def __str__(self) -> str:
        if self.because:
            return f"{self.check.name}: because of {self.because}"
        if not self.got:
            return self.check.name
        return f"{self.check.name}: expected {self.expected}, got {self.got}"


def judged(check: Check, expected: str, got: str, seconds: float, *, silent: bool) -> Outcome:
    """Return the outcome of a check that found a difference."""
    status = Status.FAIL if check.level is Level.MUST else Status.DIFFERS
    return Outcome(check, status, expected, got, seconds, silent=silent)


def passed(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether no must fails, and all was run that could be."""
    return not any(o.status in {Status.FAIL, Status.NOT_RUN} for o in outcomes)


def facts(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, int]]:
    """Return the findings that explain most, at most three, and how many were skipped for each."""
    weights = Counter(outcome.because for outcome in outcomes if outcome.because)
    found = [outcome for outcome in outcomes if outcome.is_found]
    found.sort(key=lambda o: (-weights[o.check.name], o.status is Status.DIFFERS))
    return [(outcome, weights[outcome.check.name]) for outcome in found[:MOST_FACTS]]


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many outcomes there are of each status that occurs."""
    found = Counter(outcome.status for outcome in outcomes)
    return {str(status): found[status] for status in Status if found[status]}
