"""Our own server in the way that people run it in public: behind TLS, and on Redis."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bench.faults.redis import RunningRedis
from tests.proxies import Nginx
from tests.servers import RunningServer
from wschat_tools.conformance import CHECKS, Runner
from wschat_tools.conformance.outcome import counts
from wschat_tools.load import parse_address

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_SECONDS = 30.0
# The sample leads /chat to a room under a prefix.
BEHIND_THE_SAMPLE = [check for name, check in CHECKS.items() if name != "other-paths"]


@pytest.mark.processes
async def test_behind_tls_and_on_redis(tmp_path: Path) -> None:
    """What holds in one process's memory, without TLS, would not where everybody is."""
    asyncio.get_running_loop().set_debug(False)  # four times the work, and no word of the server
    with RunningRedis() as redis:
        env = {"WSCHAT_TRUSTED_PROXIES": "127.0.0.1/32", "WSCHAT_REDIS_URL": redis.url}
        with RunningServer(env=env) as server, Nginx(server, tmp_path) as nginx:
            address = parse_address(f"wss://127.0.0.1:{nginx.port}/", insecure=True)
            outcomes = await Runner(address, TIMEOUT_SECONDS).run(BEHIND_THE_SAMPLE)
    assert counts(outcomes) == {"pass": len(BEHIND_THE_SAMPLE)}, [str(o) for o in outcomes if o.got]
