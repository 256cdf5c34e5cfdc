from __future__ import annotations

import asyncio
from statistics import median

from wschat_tools.load.speakers import now_ns
from wschat_tools.load.timer import Timer

WAITS = 40
STEP_NS = 3_300_000


async def lateness(timer: Timer | None) -> float:
    """Return by how much (ns) sleeps were late, in the middle."""
    late: list[int] = []
    for _ in range(WAITS):
        due = now_ns() + STEP_NS
        if timer is None:
            await asyncio.sleep(STEP_NS / 1e9)
        else:
            await timer.sleep_until(due)
        late.append(now_ns() - due)
    assert min(late) >= 0
    return median(late)


async def test_is_more_exact_than_the_loop_s_own_timers() -> None:
    """Chats would be sent a millisecond late, which would count as the server's."""
    with Timer() as timer:
        tries = [await lateness(timer) < await lateness(None) for _ in range(5)]
    assert any(tries)


async def test_a_moment_that_has_passed_lets_others_run() -> None:
    """A tool that is late would never read what comes."""
    ran: list[bool] = []
    with Timer() as timer:
        asyncio.get_running_loop().call_soon(ran.append, True)
        await timer.sleep_until(now_ns() - 1)
    assert ran
