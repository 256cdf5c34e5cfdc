"""The table of a run: a row a case, a column a server; then the targets, reached or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.targets import OURS, TARGETS, judge, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.cases import Case
    from bench.measured import Summary
    from bench.servers import Server
    from bench.targets import Verdict

Summaries = dict[tuple[str, str], "Summary"]
Rows = list[list[str]]


def figures(cases: Sequence[Case], servers: Sequence[Server], results: Summaries) -> Rows:
    """Make the rows of figures, a heading first: each with how many times ours is of it."""
    rows = [["case", *(server.title for server in servers)]]
    for case in cases:
        ours = results.get((case.name, OURS))
        cells = [_figure(case, results.get((case.name, s.name)), ours) for s in servers]
        rows.append([f"{case.title} ({case.unit})", *cells])
    return rows


def verdicts(results: Summaries) -> Rows:
    """Make the rows of targets, a heading first: those whose case was run."""
    judged = [judge(target, results) for target in TARGETS if (target.case, OURS) in results]
    lost = [(case, s.lost) for (case, server), s in results.items() if server == OURS]
    return [
        ["case", "target", "got", "reached"],
        *(_verdict(verdict) for verdict in judged),
        *([case, "lost: none", f"{count:,}", _answer(reached=not count)] for case, count in lost),
    ]


def markdown(rows: Rows) -> str:
    """Write rows as a table in Markdown."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _figure(case: Case, summary: Summary | None, ours: Summary | None) -> str:
    if summary is None:
        return ""
    if summary.value is None:
        return summary.note
    text = _number(summary.value)
    if ours is not None and ours is not summary and ours.value is not None:
        text += f" ({_number(ratio(ours.value, summary) or 0)}x)"
    if not summary.facts.get("gone", 1):
        text += ", it stays"
    if summary.lost:
        text += f", {summary.lost:,} lost"
    text += " ~" if not summary.quiet else ""
    return text + (" ⚠" if case.unit == "deliveries/s" and load_bound(summary) else "")


def load_bound(summary: Summary) -> bool:
    """Whether the load engine had less to spare than the server: the server can do more then."""
    return summary.load_cpu > max(0.95, summary.server_cpu)


def _verdict(verdict: Verdict) -> list[str]:
    got = "-" if verdict.got is None else _number(verdict.got)
    return [verdict.target.case, str(verdict.target), got, _answer(reached=verdict.reached)]


def _answer(*, reached: bool | None) -> str:
    return {True: "yes", False: "NO", None: "not measured"}[reached]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
