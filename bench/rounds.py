"""Run the cases: every server in turn, round after round, so that noise meets all alike."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.measured import QUIET_SHARE, Measured
from bench.process import READY_SECONDS, StartError, running
from bench.watch import Others
from wschat_tools.load import Crowd, Joining, LoadError, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.cases import Case
    from bench.cores import Cores
    from bench.process import ServerProcess
    from bench.servers import Server

Rounds = dict[tuple[str, str], list[Measured]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: cases by servers by rounds, each measured for `seconds`.

    Whatever has not come to an end `patience` seconds after that is given up.
    """

    cases: Sequence[Case]
    servers: Sequence[Server]
    rounds: int
    seconds: float
    patience: float


def run(plan: Plan, cores: Cores, tell: Callable[[str], None]) -> Rounds:
    """Run the plan; returns what was measured by names of case and server."""
    results: Rounds = {}
    cores.take_load()
    for case in plan.cases:
        for number in range(plan.rounds):
            for server in plan.servers:
                measured = _measure(case, server, plan, cores)
                results.setdefault((case.name, server.name), []).append(measured)
                tell(f"{case.name} {number + 1}/{plan.rounds} {server.name}: {describe(measured)}")
    return results


def describe(measured: Measured) -> str:
    """Tell of one measurement in a line."""
    value = "-" if measured.value is None else f"{measured.value:,.3f}"
    parts = [value, f"lost {measured.lost}" if measured.lost else "", measured.note, measured.error]
    if measured.load_cpu:
        parts.append(f"server {measured.server_cpu:.2f}, load {measured.load_cpu:.2f} of a core")
    if measured.others > QUIET_SHARE:
        parts.append(f"others took {measured.others:.2f} of a core")
    return ", ".join(part for part in parts if part)


def _measure(case: Case, server: Server, plan: Plan, cores: Cores) -> Measured:
    limit = 2 * plan.seconds + plan.patience
    try:
        with running(server, cores) as process:
            asyncio.run(_answers(process))
            others = Others(process)
            work = asyncio.wait_for(case.measure(process, plan.seconds), limit)
            return replace(asyncio.run(work), others=others.share)
    except TimeoutError:
        return Measured(None, note=f"does not finish in {limit:g} s")
    except (StartError, LoadError) as error:
        return Measured(None, note="fails", error=str(error))


async def _answers(process: ServerProcess) -> None:
    """Wait until a member can join: a server may take connections before it can answer."""
    async with Crowd(parse_address(process.url)) as crowd:
        await Joining(crowd, 1).run(patience=READY_SECONDS)
