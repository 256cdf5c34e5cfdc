from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene

if TYPE_CHECKING:
    from tests.servers import RunningServer

pytestmark = pytest.mark.processes

ATTACKERS = 20
SECONDS = 2


@pytest.mark.parametrize("kind", ["fragments", "pings", "pongs"])
async def test_what_is_no_message_is_paid_for(attacked: RunningServer, kind: str) -> None:
    """Twenty connections of one-byte fragments would take the room for themselves."""
    async with Scene(attacked) as scene:
        await scene.attack("frames", ATTACKERS, kind, SECONDS)
        assert scene.cpu_seconds < SECONDS / 2, "the attack is most of what the server does"
        scene.hold(f"{kind}", ATTACKERS, 48, "nobody: read more slowly")


async def test_a_message_without_an_end_is_ended(attacked: RunningServer) -> None:
    """Empty continuations would fill the memory of the server, 150 MB a minute."""
    async with Scene(attacked) as scene:
        await scene.attack("continuations", ATTACKERS, 60)  # it ends with its last connection
        scene.hold("empty continuations", ATTACKERS, 48, "all attackers: 1009")
        await scene.until(lambda: scene.log.count(": 1009") >= ATTACKERS)
    assert scene.log.count(": 1009") == ATTACKERS
