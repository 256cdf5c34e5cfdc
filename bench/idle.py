"""The cases in which members do nothing: what they cost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bench.measured import Measured, first_problem
from wschat_tools.load import Crowd, Joining, parse_address

if TYPE_CHECKING:
    from bench.process import ServerProcess

SETTLE_SECONDS = 3.0
IDLE_SECONDS = 2.0
# A whole interval of pings, ours and those of peers that ping within a minute.
REST_SECONDS = 50.0


async def idle(server: ServerProcess, seconds: float) -> Measured:
    """5000 members do nothing: what the server's memory grew by, for each."""
    del seconds
    address = parse_address(server.url)
    async with Crowd(address) as crowd:
        await Joining(crowd, 10).run(settle=SETTLE_SECONDS)
    await asyncio.sleep(1)
    before = server.resident
    async with Crowd(address) as crowd:
        joined = await Joining(crowd, 5000).run(settle=SETTLE_SECONDS)
        await asyncio.sleep(IDLE_SECONDS)
        grown = server.resident - before
    problem = first_problem(joined.problems)
    return Measured(grown / 1024 / 5000, lost=joined.missed, error=problem)


async def rest(server: ServerProcess, seconds: float) -> Measured:
    """5000 members do nothing: the processor time that the server takes, in ms in ten seconds."""
    del seconds
    async with Crowd(parse_address(server.url)) as crowd:
        joined = await Joining(crowd, 5000).run(settle=SETTLE_SECONDS)
        await asyncio.sleep(IDLE_SECONDS)
        before = server.cpu_seconds
        await asyncio.sleep(REST_SECONDS)
        used = server.cpu_seconds - before
    problem = first_problem(joined.problems)
    return Measured(used * 1000 * 10 / REST_SECONDS, lost=joined.missed, error=problem)
