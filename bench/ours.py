"""Our server with so many workers, in memory or over a Redis."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bench.process import running
from bench.servers import SERVERS, Server
from bench.targets import OURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.cores import Cores
    from bench.faults.redis import RunningRedis
    from bench.process import ServerProcess
    from bench.tree import Tree

START_SECONDS: Final = 3.0


@contextmanager
def serving(workers: int, redis: RunningRedis | None, cores: Cores) -> Iterator[ServerProcess]:
    """Start it, and end it afterwards."""
    [ours] = [server for server in SERVERS if server.name == OURS]
    env = ours.env | {"WSCHAT_WORKERS": str(workers)}
    if redis is not None:
        env["WSCHAT_REDIS_URL"] = redis.url
    with running(Server(ours.name, ours.title, ours.command, env), cores) as process:
        yield process


async def all_accept(tree: Tree, workers: int) -> None:
    """Wait until the last worker accepts, too."""
    while len(tree.pids) < workers + (workers > 1):
        await asyncio.sleep(0.1)
    await asyncio.sleep(START_SECONDS)
