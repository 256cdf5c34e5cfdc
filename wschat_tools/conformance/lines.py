"""Outcomes for a person: a line each, as soon as it is known, and what explains most at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from wschat_tools.conformance.outcome import Status, counts, facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from wschat_tools.conformance.check import Check
    from wschat_tools.conformance.outcome import Outcome

STYLES = {
    Status.PASS: "green",
    Status.DIFFERS: "yellow",
    Status.FAIL: "bold red",
    Status.SKIPPED: "dim",
    Status.NOT_RUN: "dim",
}


def show(outcome: Outcome, console: Console) -> None:
    """Print an outcome; a terminal breaks what is too long for it, and nothing is lost."""
    line = Text.assemble((f"{outcome.status:<8}", STYLES[outcome.status]), str(outcome))
    _print(line, console)


def show_summary(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print what explains most, and how many outcomes there are of each status."""
    told = facts(outcomes)
    if told:
        console.print(Text("\nwhat explains most", style="bold"))
    for outcome, skipped in told:
        for_it = f" ({skipped} skipped because of it)" if skipped else ""
        line = Text(f"  {outcome}{for_it}", style=STYLES[outcome.status])
        _print(line, console)
    words = [
        Text(f"{count} {status}", style=STYLES[Status(status)])
        for status, count in counts(outcomes).items()
    ]
    console.print(Text(", ").join(words), soft_wrap=True)


def show_list(checks: Iterable[Check], console: Console) -> None:
    """Print the names of checks, how much hangs on each, and the rules."""
    for check in checks:
        line = Text(f"{check.name:<42}{check.level:<9}{check.rule}")
        _print(line, console)


def _print(line: Text, console: Console) -> None:
    """Print a line whole: broken by the width of a terminal, in one piece for a program."""
    if console.is_terminal:
        console.print(line, overflow="fold")
    else:
        console.print(line, soft_wrap=True)
