"""What came of a check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chat.conformance.check import Level

if TYPE_CHECKING:
    from chat.conformance.check import Check


class Status(StrEnum):
    """How a server stands to a rule."""

    PASS = "pass"  # noqa: S105 - no password
    DIFFERS = "differs"
    FAIL = "fail"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check's outcome; `expected` and `got` are empty where it passed."""

    check: Check
    status: Status
    expected: str = ""
    got: str = ""
    seconds: float = 0.0


def judged(check: Check, expected: str, got: str, seconds: float) -> Outcome:
    """Return the outcome of a check that found a difference."""
    status = Status.FAIL if check.level is Level.MUST else Status.DIFFERS
    return Outcome(check, status, expected, got, seconds)
