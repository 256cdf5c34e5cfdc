"""What one case on one server in one round came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a case in its unit, or None and a `note` if there is none.

    `lost` counts deliveries and join notices that never came. `server_cpu` and `load_cpu` are
    shares of a core while it was measured. `facts` are further figures by name.
    """

    value: float | None
    lost: int = 0
    note: str = ""
    server_cpu: float = 0.0
    load_cpu: float = 0.0
    facts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """All rounds of one case on one server: medians of figures, the worst of the rest."""

    value: float | None
    lost: int
    note: str
    server_cpu: float
    load_cpu: float
    facts: dict[str, float]
    rounds: int


def summarize(rounds: list[Measured]) -> Summary:
    """Sum up the rounds of a case on a server; one that did not finish leaves its note."""
    done = [r for r in rounds if r.value is not None]
    names = {name for r in done for name in r.facts}
    return Summary(
        value=median(r.value for r in done if r.value is not None) if done else None,
        lost=max((r.lost for r in rounds), default=0),
        note=next((r.note for r in rounds if r.note), ""),
        server_cpu=median(r.server_cpu for r in done) if done else 0.0,
        load_cpu=median(r.load_cpu for r in done) if done else 0.0,
        facts={name: max(r.facts[name] for r in done if name in r.facts) for name in names},
        rounds=len(rounds),
    )
