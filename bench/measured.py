"""What one case on one server in one round came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

QUIET_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a case in its unit, or None and a `note` if there is none.

    The note is a few words for a table's cell; `error` is what whatever failed said.
    `lost` counts deliveries and join notices that never came. `server_cpu` and `load_cpu` are
    shares of a core while it was measured, `others` is what all else on the machine took of the
    two cores. `facts` are further figures by name.
    """

    value: float | None
    lost: int = 0
    note: str = ""
    error: str = ""
    server_cpu: float = 0.0
    load_cpu: float = 0.0
    others: float = 0.0
    facts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """All rounds of one case on one server: medians of figures, the worst of the rest.

    Medians are of the `quiet` rounds, in which others took little; of all, where none was quiet.
    """

    value: float | None
    lost: int
    note: str
    error: str
    server_cpu: float
    load_cpu: float
    facts: dict[str, float]
    rounds: int
    quiet: int


def summarize(rounds: list[Measured]) -> Summary:
    """Sum up the rounds of a case on a server; one that did not finish leaves its note."""
    done = [r for r in rounds if r.value is not None]
    quiet = [r for r in done if r.others <= QUIET_SHARE]
    names = {name for r in done for name in r.facts}
    best = quiet or done
    return Summary(
        value=median(r.value for r in best if r.value is not None) if best else None,
        lost=max((r.lost for r in rounds), default=0),
        note=next((r.note for r in rounds if r.note), ""),
        error=next((r.error for r in rounds if r.error), ""),
        server_cpu=median(r.server_cpu for r in best) if best else 0.0,
        load_cpu=median(r.load_cpu for r in best) if best else 0.0,
        facts={name: worst(name, done) for name in names},
        rounds=len(rounds),
        quiet=len(quiet),
    )


def worst(name: str, rounds: list[Measured]) -> float:
    """Pick the worst of a fact: the least of what should be true, the most of all else."""
    values = [r.facts[name] for r in rounds if name in r.facts]
    return min(values) if name in {"gone", "same stream"} else max(values)


def first_problem(problems: dict[str, int]) -> str:
    """Tell the most frequent of the problems that connections had."""
    if not problems:
        return ""
    kind = max(problems, key=problems.__getitem__)
    return f"{problems[kind]} times: {kind}"
