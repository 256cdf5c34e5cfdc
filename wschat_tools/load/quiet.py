"""Wait for what is to come, as long as something of it does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from wschat_tools.load.speakers import now_ns

if TYPE_CHECKING:
    from collections.abc import Callable

    from wschat_tools.load.crowd import Crowd

GLANCE_SECONDS: Final = 0.005


async def quiet(
    crowd: Crowd, done: Callable[[], bool], patience: float, news: Callable[[], int] = int
) -> bool:
    """Wait until `done`, or until nothing has come for `patience` seconds; returns `done()`.

    Strangers may chat for ever: while `news()` stays the same, whatever comes is theirs.
    """
    began = since = now_ns()
    known = news()
    while not done():
        now = now_ns()
        if crowd.stopped or now - max(began, crowd.last_ns) > patience * 1e9:
            return False
        if now - since > patience * 1e9:
            since, before, known = now, known, news()
            if known == before:
                return False
        await asyncio.sleep(GLANCE_SECONDS)
    return True
