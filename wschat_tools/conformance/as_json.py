"""Outcomes for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wschat_tools import VERSION
from wschat_tools.conformance.outcome import counts, facts, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wschat_tools.conformance.outcome import Outcome


def as_json(address: str, outcomes: Sequence[Outcome], *, seconds: float, interrupted: bool) -> str:
    """Return everything as one JSON object; `seconds` are those of the whole run."""
    document = {
        "tool": f"wschat conformance {VERSION}",
        "address": address,
        "interrupted": interrupted,
        "passed": passed(outcomes),
        "seconds": round(seconds, 3),
        "counts": counts(outcomes),
        "explains_most": [outcome.check.name for outcome, _ in facts(outcomes)],
        "checks": [
            {
                "name": outcome.check.name,
                "level": str(outcome.check.level),
                "rule": outcome.check.rule,
                "text": outcome.check.text,
                "status": str(outcome.status),
                "because": outcome.because,
                "expected": outcome.expected,
                "got": outcome.got,
                "seconds": round(outcome.seconds, 3),
            }
            for outcome in outcomes
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
