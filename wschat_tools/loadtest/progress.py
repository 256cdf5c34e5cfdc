"""A progress bar for as long as a run takes; nothing where nobody is looking."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rich.console import Console

    from chat.loadtest.run import Run

REFRESH_SECONDS = 0.1


@asynccontextmanager
async def shown(run: Run, console: Console) -> AsyncIterator[None]:
    """Show how far `run` is while the context lasts, if `console` is a terminal."""
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
            figures=f"{len(run.crowd.members):,} members, {run.heard:,} chats",
        )
        progress.refresh()
        await asyncio.sleep(REFRESH_SECONDS)
