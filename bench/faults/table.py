from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from bench.faults.run import Outcome, Plan

COLUMNS = (
    ("visits", "visits"),
    ("said", "chats said"),
    ("heard", "messages heard"),
    ("missing", "missing"),
    ("repeated", "repeated"),
    ("unanswered", "own chats lost"),
    ("senders_moved", "out of a sender's order"),
    ("moved", "visits in another order"),
    ("leaves_missing", "leaves missing"),
    ("leaves_repeated", "leaves repeated"),
)


def print_table(plan: Plan, outcomes: list[Outcome]) -> None:
    """Print the outcomes as a Markdown table, and what was wrong under it."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(
        f"{plan.members} members on {plan.processes} processes, {plan.rate:g} chats a second each, "
        f"{plan.rounds} strikes of each fault, seed {plan.seed}\n"
    )
    console.print("| fault | " + " | ".join(title for _, title in COLUMNS) + " |")
    console.print("| --- |" + " ---: |" * len(COLUMNS))
    for outcome in outcomes:
        cells = [f"{getattr(outcome.verdict, name):,}" for name, _ in COLUMNS]
        console.print(f"| {outcome.fault} | " + " | ".join(cells) + " |")
    for outcome in outcomes:
        for note in outcome.verdict.notes[:10]:
            console.print(f"{outcome.fault}: {note}", markup=False)
