"""What our server must reach, beside which peer, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.measured import Summary

OURS = "wschat"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound for our figure of a case: `bound` times that of `peer`, or `bound` as it stands.

    With `fact`, it is that further figure of ours that is bounded.
    """

    case: str
    sign: Literal[">=", "<="]
    bound: float
    peer: str = ""
    fact: str = ""
    unit: str = ""

    def __str__(self) -> str:
        sign = "≥" if self.sign == ">=" else "≤"
        what = f"{self.fact} " if self.fact else ""
        return f"{what}{sign} {self.bound:g} {f'x {self.peer}' if self.peer else self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and what came of it: `got` in the target's terms, None if it was not measured."""

    target: Target
    got: float | None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None if it cannot be told."""
        if self.got is None:
            return None
        if self.target.sign == ">=":
            return self.got >= self.target.bound
        return self.got <= self.target.bound


TARGETS = (
    Target("chat-100", ">=", 400, "stock-channels"),
    Target("chat-100", ">=", 20, "fastapi"),
    Target("chat-10", ">=", 0.85, "bun"),
    Target("chat-100", ">=", 1.3, "bun"),
    Target("chat-1000", ">=", 4, "bun"),
    Target("chat-5000", ">=", 2, "bun"),
    Target("chat-10000", ">=", 2.5, "bun"),
    Target("ping-pong", "<=", 1.5, "bun"),
    Target("ping-pong-work", "<=", 1.5, "bun"),
    Target("pace-1000", "<=", 2, "bun"),
    Target("work-1000", "<=", 1.1, "bun"),
    Target("join-1000", "<=", 3, "bun"),
    Target("join-5000", "<=", 1.25, "bun"),
    Target("join-10000", "<=", 1.5, "bun"),
    Target("idle-5000", "<=", 4.5, unit="KiB a member"),
    Target("rest-5000", "<=", 40, unit="ms in 10 s"),
    Target("deaf-100", ">=", 0.9, unit="of the rate without it"),
    Target("deaf-100", ">=", 1, fact="gone"),
    Target("deaf-100", "<=", 64, fact="growth", unit="MiB"),
)


def judge(target: Target, results: Mapping[tuple[str, str], Summary]) -> Verdict:
    """Compare our result of the target's case with its bound."""
    ours = results.get((target.case, OURS))
    if ours is None or ours.value is None:
        return Verdict(target, None)
    value = ours.facts.get(target.fact) if target.fact else ours.value
    if value is None or not target.peer:
        return Verdict(target, value)
    return Verdict(target, ratio(value, results.get((target.case, target.peer))))


def ratio(value: float, peer: Summary | None) -> float | None:
    """Our figure as a multiple of a peer's, None where the peer has none."""
    return value / peer.value if peer is not None and peer.value else None
