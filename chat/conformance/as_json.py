"""Outcomes for machines."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat.conformance.outcome import Outcome


def as_json(address: str, outcomes: Sequence[Outcome], *, passed: bool) -> str:
    """Return one JSON object: whether no must failed, the counts, and every check."""
    document = {
        "address": address,
        "passed": passed,
        "counts": dict(Counter(str(outcome.status) for outcome in outcomes)),
        "checks": [
            {
                "name": outcome.check.name,
                "level": str(outcome.check.level),
                "rule": outcome.check.rule,
                "status": str(outcome.status),
                "expected": outcome.expected,
                "got": outcome.got,
                "seconds": round(outcome.seconds, 3),
            }
            for outcome in outcomes
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
