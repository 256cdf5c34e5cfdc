"""Our own server in the ways that people run it: behind TLS, and on Redis."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bench.faults.redis import RunningRedis
from tests.proxies import Nginx
from tests.servers import RunningServer
from wschat_tools.conformance import CHECKS, Runner
from wschat_tools.conformance.outcome import counts
from wschat_tools.load import parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wschat_tools.conformance import Outcome
    from wschat_tools.conformance.check import Check
    from wschat_tools.load import Address

TIMEOUT_SECONDS = 10.0
# The sample leads /chat to a room under a prefix.
BEHIND_THE_SAMPLE = [check for name, check in CHECKS.items() if name != "other-paths"]


async def test_behind_tls(tmp_path: Path) -> None:
    """What holds without TLS would not with it, where everybody is."""
    options = {"WSCHAT_TRUSTED_PROXIES": "127.0.0.1/32"}
    with RunningServer(env=options) as server, Nginx(server, tmp_path) as nginx:
        address = parse_address(f"wss://127.0.0.1:{nginx.port}/", insecure=True)
        outcomes = await _run(address, BEHIND_THE_SAMPLE)
    assert counts(outcomes) == {"pass": len(BEHIND_THE_SAMPLE)}, [str(o) for o in outcomes if o.got]


async def test_on_redis() -> None:
    """What holds in one process's memory would not where processes share a room."""
    with RunningRedis() as redis, RunningServer(env={"WSCHAT_REDIS_URL": redis.url}) as server:
        address = parse_address(server.socket_url)
        outcomes = await _run(address, CHECKS.values())
    assert counts(outcomes) == {"pass": len(CHECKS)}, [str(o) for o in outcomes if o.got]


async def _run(address: Address, checks: Iterable[Check]) -> list[Outcome]:
    asyncio.get_running_loop().set_debug(False)  # four times the work, and no word of the server
    return await Runner(address, TIMEOUT_SECONDS).run(checks)
