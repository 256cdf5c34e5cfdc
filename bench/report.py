"""What a run leaves: tables for a person, a file for machines."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bench.bun import bun_version
from bench.table import figures, markdown, verdicts

if TYPE_CHECKING:
    from rich.console import Console

    from bench.rounds import Plan, Rounds
    from bench.table import Rows, Summaries

LEGEND = (
    "Medians; in brackets how many times that ours is. "
    "~: other programs kept the cores busy in every round. "
    "⚠: the load's core was busier than the server's, which may do more."
)


def show(plan: Plan, summaries: Summaries, console: Console, *, as_markdown: bool) -> None:
    """Print the figures and the targets."""
    for rows in (figures(plan.cases, plan.servers, summaries), verdicts(summaries)):
        if as_markdown:
            console.print(markdown(rows) + "\n", markup=False, soft_wrap=True)
        else:
            console.print(_rich(rows))
    for (case, server), summary in summaries.items():
        if summary.error:
            console.print(f"{case}, {server}: {summary.error}", markup=False, soft_wrap=True)
    console.print(LEGEND, markup=False, soft_wrap=True)


def as_json(rounds: Rounds, summaries: Summaries) -> str:
    """Return everything that was measured as JSON."""
    entries: list[dict[str, Any]] = [
        {
            "case": case,
            "server": server,
            "summary": asdict(summaries[case, server]),
            "rounds": [asdict(measured) for measured in measurements],
        }
        for (case, server), measurements in rounds.items()
    ]
    return json.dumps({"machine": _machine(), "results": entries}, indent=2, ensure_ascii=False)


def _machine() -> dict[str, str | int | None]:
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "bun": bun_version(),
    }


def _rich(rows: Rows) -> Table:
    head, *body = rows
    table = Table()
    for number, name in enumerate(head):
        table.add_column(name, justify="left" if number == 0 else "right")
    for row in body:
        table.add_row(*row)
    return table
