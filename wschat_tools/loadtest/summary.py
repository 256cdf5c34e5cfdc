"""The summary of a load test for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from wschat_tools.loadtest.histogram import histogram
from wschat_tools.loadtest.report import counted

if TYPE_CHECKING:
    from rich.console import Console

    from wschat_tools.load import Chatted, Latencies
    from wschat_tools.loadtest.report import Report

BAR_WIDTH = 40
LOAD_BOUND = 0.95


def show(report: Report, console: Console, *, test: bool) -> None:
    """Print what was found, most important first; `test` says to judge it."""
    console.print(_heading(report))
    console.print(_times(report))
    for name, words in _facts(report):
        console.print(Text.assemble((f"  {name:<11}", "dim"), words), soft_wrap=True)
    _show_errors(report, console)
    _show_histogram(report, console)
    if test:
        console.print(_verdict(report), soft_wrap=True)


def milliseconds(value: float) -> str:
    """Write a duration (ms) with as many digits as mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _heading(report: Report) -> Text:
    members = f"{report.joined.members:,} of {report.plan.reading:,} joined"
    text = f"{report.address}  {members}, {report.seconds:.2f} s in all"
    return Text(text + (", interrupted" if report.interrupted else ""), style="bold")


def _times(report: Report) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    table.add_column("ms")
    for name in report.chatted.latencies.summary():
        table.add_column(name, justify="right")
    rows: tuple[tuple[str, Latencies], ...] = (
        ("connect", report.joined.connect),
        ("send", report.chatted.send_times),
        ("delivery", report.chatted.latencies),
    )
    for name, latencies in rows:
        figures = latencies.summary().values()
        table.add_row(
            name, *(milliseconds(figure) if len(latencies) else "-" for figure in figures)
        )
    return table


def _facts(report: Report) -> list[tuple[str, Text]]:
    chatted = report.chatted
    lost = f"{chatted.lost:,} of {chatted.expected:,} deliveries"
    if report.failed or report.reconnected or report.plan.slow:
        lost += " to those who stayed"
    facts = [
        ("messages", Text(f"{chatted.sent:,} sent, {report.sent_per_second:,.0f}/s")),
        (
            "deliveries",
            Text(f"{chatted.arrived:,} got, {chatted.deliveries_per_second:,.0f}/s"),
        ),
        ("to come", Text(lost))
        if report.interrupted
        else ("lost", Text(lost, style="bold red" if chatted.lost else "")),
        ("order", Text(_order(chatted))),
        ("load", Text(f"{chatted.load_cpu:.0%} of a core{_bound(chatted.load_cpu)}")),
    ]
    plan = report.plan
    if plan.reconnect:
        facts.append(("reconnects", Text(f"{report.reconnected:,} left and came back")))
    if plan.slow:
        ends = "".join(f", {count:,} {why}" for why, count in report.slow_ends.items())
        facts.append(("slow", Text(f"{report.slow_present:,} of {plan.slow:,} are there{ends}")))
    rare = (
        ("twice", chatted.extra, "deliveries came more than once"),
        ("changed", chatted.garbled, "deliveries came with other contents, or in another name"),
        ("unnamed", chatted.unnamed, "chats came back without a sender"),
        ("notices", report.joined.unheard, "pairs of members did not hear of each other"),
        ("notices", report.joined.again, "members' connects were told more than once"),
        ("leaves", report.leaves_unheard, "members left, and nobody was told"),
    )
    return facts + [(name, Text(counted(n, what), style="red")) for name, n, what in rare if n]


def _order(chatted: Chatted) -> str:
    same = "the same for all" if chatted.same_order else "not the same for all"
    return same if chatted.own_order else f"{same}, and senders' own chats change places"


def _bound(load_cpu: float) -> str:
    return "; the load was the limit, the server may do more" if load_cpu > LOAD_BOUND else ""


def _show_errors(report: Report, console: Console) -> None:
    if not report.errors:
        return
    console.print(Text(f"\n  errors on {sum(report.errors.values()):,} connections", style="red"))
    for kind, count in report.errors.items():
        console.print(Text(f"  {count:>7,}  {kind}"), soft_wrap=True)


def _show_histogram(report: Report, console: Console) -> None:
    rows = histogram(report.chatted.latencies)
    if not rows:
        return
    full = max(row.count for row in rows)
    block = "#" if console.options.ascii_only else "█"
    console.print(Text(f"\n  delivery times of {len(report.chatted.latencies):,}", style="dim"))
    for row in rows:
        bar = block * (-(-row.count * BAR_WIDTH // full))
        label = f"  {'<=':>4} {row.up_to:>7,g} ms  "
        console.print(Text.assemble(label, (bar, "cyan"), f" {row.count:,} ({row.share:.1%})"))


def _verdict(report: Report) -> Text:
    if report.passed:
        return Text("\npassed: everything that was sent came back", style="bold green")
    return Text(f"\nfailed: {', '.join(report.shortcomings)}", style="bold red")
