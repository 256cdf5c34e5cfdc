from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

logger = logging.getLogger(__name__)

# The event loop holds tasks weakly: one that nobody else holds may vanish before its end.
_running: set[asyncio.Task[None]] = set()


def run_in_background(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine as a task; an exception in it is logged."""
    task = asyncio.get_running_loop().create_task(coroutine)
    _running.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[None]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("a background task failed", exc_info=error)
