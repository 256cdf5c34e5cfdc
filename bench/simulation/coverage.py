"""How often each fault struck in each state."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from bench.simulation.fault import COMMANDS, KINDS

if TYPE_CHECKING:
    from bench.simulation.run import Outcome

STATES: Final = (
    "at rest", "publishing", "reading a gap", "joining", "a new order", "another fault", *COMMANDS,
)  # fmt: skip


class Coverage:
    """Counts strikes over many runs."""

    def __init__(self) -> None:
        self.runs = 0
        self._struck: Counter[tuple[str, str]] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count those of one run."""
        self.runs += 1
        for fault, states in outcome.struck:
            self._struck.update((fault.kind, state) for state in states)

    def table(self) -> str:
        """Return them as a Markdown table."""
        rows = ["| fault | " + " | ".join(STATES) + " |", "| --- |" + " ---: |" * len(STATES)]
        for kind in KINDS:
            cells = [f"{self._struck[kind, state]:,}" for state in STATES]
            rows.append(f"| {kind} | " + " | ".join(cells) + " |")
        return "\n".join(rows)
