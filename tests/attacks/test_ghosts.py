from __future__ import annotations

import pytest

from tests.attacks.scene import Scene, until_members
from tests.servers import RunningServer, free_port

pytestmark = pytest.mark.processes

GHOSTS = 30


@pytest.mark.parametrize("end", ["reset", "close"])
async def test_who_is_gone_leaves_however_much_is_unread(end: str) -> None:
    """Thirty dead connections would hold all places of the room for twenty minutes."""
    port = free_port()
    limits = {
        "WSCHAT_RATE": "5",
        "WSCHAT_MAX_MEMBERS": str(GHOSTS + 2),
        "WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{port}",
    }
    with RunningServer(env=limits) as server:
        async with Scene(server) as scene:
            scene.pause = 0.25  # the witness, too, may say five messages a second
            told = await scene.attack("ghosts", GHOSTS, end)
            assert told["sent"] > GHOSTS * 100_000
            took = await until_members(port, 2, seconds=6)
            scene.hold(f"ghosts, {end}", GHOSTS, 48, f"all ghosts, within {took:.1f} s")
