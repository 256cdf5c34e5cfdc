"""A progress bar for as long as a run takes; nothing where nobody is looking."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from wschat_tools.loadtest.summary import milliseconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rich.console import Console

    from wschat_tools.loadtest.run import Run

REFRESH_SECONDS = 0.1


@asynccontextmanager
async def shown(run: Run, console: Console) -> AsyncIterator[None]:
    """Show how far `run` is and what it measures, if `console` is a terminal."""
    if not console.is_terminal:
        yield
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as progress:
        watching = asyncio.create_task(_watch(run, progress))
        try:
            yield
        finally:
            watching.cancel()


async def _watch(run: Run, progress: Progress) -> None:
    """Draw again and again; rich's own thread would compete with the load for the interpreter."""
    task = progress.add_task("", total=1.0, figures="")
    while True:
        progress.update(
            task,
            description="joining" if run.joining else "chatting",
            completed=run.progress,
            figures=_figures(run),
        )
        progress.refresh()
        await asyncio.sleep(REFRESH_SECONDS)


def _figures(run: Run) -> str:
    """Say how many are in, and what the last second had."""
    members = f"{len(run.crowd.members):,} members"
    if not run.timeline.moments:
        return members
    now = run.timeline.moments[-1]
    rate = now.deliveries / now.seconds if now.seconds else 0.0
    times = f"p50 {milliseconds(now.p50)}, p99 {milliseconds(now.p99)} ms"
    return f"{members}, {rate:,.0f}/s, {times}"
