from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene, measured
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes

GHOSTS = 30


@pytest.fixture(scope="module")
def slow_room() -> Iterator[RunningServer]:
    """Run a server that has no place for anybody but the ghosts and two bystanders."""
    limits = {"WSCHAT_RATE": "5", "WSCHAT_MAX_MEMBERS": str(GHOSTS + 2)}
    with RunningServer(env={**limits, **measured()}) as server:
        yield server


@pytest.mark.parametrize("end", ["reset", "close"])
async def test_who_is_gone_leaves_however_much_is_unread(
    slow_room: RunningServer, end: str
) -> None:
    """Thirty dead connections would hold all places of the room for twenty minutes."""
    async with Scene(slow_room) as scene:
        scene.pause = 0.25  # the witness, too, may say five messages a second
        async with scene.attackers("ghosts", GHOSTS, end) as process:
            told = await scene.end_of(process)
            took = await scene.until_members(2)
        assert told["sent"] > GHOSTS * 100_000
        scene.hold(f"ghosts, {end}", GHOSTS, 48, f"all ghosts, within {took:.1f} s")
