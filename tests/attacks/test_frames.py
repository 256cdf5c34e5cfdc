from __future__ import annotations

import pytest

from tests.attacks.scene import Scene
from tests.servers import RunningServer

pytestmark = pytest.mark.processes

ATTACKERS = 20
SECONDS = 3


@pytest.mark.parametrize("kind", ["fragments", "pings", "pongs"])
async def test_what_is_no_message_is_paid_for(kind: str) -> None:
    """Twenty connections of one-byte fragments would take the room for themselves."""
    with RunningServer() as server:
        async with Scene(server) as scene:
            await scene.attack("frames", ATTACKERS, kind, SECONDS)
            assert scene.cpu_seconds < SECONDS / 2, "the attack is most of what the server does"
            scene.hold(f"{kind}", ATTACKERS, 48, "nobody: read more slowly")


async def test_a_message_without_an_end_is_ended() -> None:
    """Empty continuations would fill the memory of the server, 150 MB a minute."""
    with RunningServer() as server:
        async with Scene(server) as scene:
            await scene.attack("continuations", ATTACKERS, 3)
            scene.hold("empty continuations", ATTACKERS, 48, "all attackers: 1009")
            put_out = server.log.count(": 1009")
    assert put_out == ATTACKERS
