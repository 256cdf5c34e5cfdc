"""Outcomes for a person: a table in a terminal, a line each where it is read by a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from chat.conformance.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from chat.conformance.check import Check
    from chat.conformance.outcome import Outcome

STYLES = {
    Status.PASS: "green",
    Status.DIFFERS: "yellow",
    Status.FAIL: "bold red",
    Status.NOT_RUN: "dim",
}


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print every outcome and, at the end, how many there are of each status."""
    if console.is_terminal:
        console.print(_table(outcomes))
    else:
        for outcome in outcomes:
            console.print(Text(_line(outcome)), soft_wrap=True)
    console.print(summary(outcomes), soft_wrap=True)


def summary(outcomes: Sequence[Outcome]) -> Text:
    """Return how many outcomes there are of each status that occurs."""
    words: list[Text] = []
    for status in Status:
        count = sum(outcome.status is status for outcome in outcomes)
        if count:
            words.append(Text(f"{count} {status}", style=STYLES[status]))
    return Text(", ").join(words)


def show_list(checks: Iterable[Check], console: Console) -> None:
    """Print the names of checks, how much hangs on each, and the rules."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("check", "level", "rule"):
        table.add_column(column, overflow="fold")
    for check in checks:
        if console.is_terminal:
            table.add_row(Text(check.name), Text(check.level), Text(check.rule))
        else:
            console.print(Text(f"{check.name:<42}{check.level:<9}{check.rule}"), soft_wrap=True)
    if console.is_terminal:
        console.print(table)


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("check", overflow="fold", min_width=24)
    table.add_column("status", no_wrap=True)
    table.add_column("expected", overflow="fold")
    table.add_column("got", overflow="fold")
    for outcome in outcomes:
        status = Text(outcome.status, style=STYLES[outcome.status])
        table.add_row(Text(outcome.check.name), status, Text(outcome.expected), Text(outcome.got))
    return table


def _line(outcome: Outcome) -> str:
    start = f"{outcome.status:<8}{outcome.check.name}"
    if not outcome.got:
        return start
    return f"{start}: expected {outcome.expected}, got {outcome.got}"
