from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene

if TYPE_CHECKING:
    from tests.servers import RunningServer

pytestmark = pytest.mark.processes

ROUNDS = 2


@pytest.mark.parametrize("kind", ["announced", "chunked"])
async def test_bodies_are_refused_while_they_come(attacked: RunningServer, kind: str) -> None:
    """A body of a gigabyte would be in memory or on the disk before anybody is asked."""
    async with Scene(attacked) as scene:
        told = await scene.attack("bodies", "/", kind, ROUNDS)
        scene.hold(f"bodies, {kind}", told["connections"], 48, "every body: 413, then reset")
    assert told["statuses"] == ["HTTP/1.1 413 Content Too Large"]


async def test_the_admin_takes_a_form_but_not_more(attacked: RunningServer) -> None:
    """The one place with forms would be the way in for what is refused everywhere else."""
    async with Scene(attacked) as scene:
        for kind in ("announced", "chunked", "chunks of a byte", "extensions"):
            told = await scene.attack("bodies", "/admin/login/", kind, 1)
            assert told["statuses"] == ["HTTP/1.1 413 Content Too Large"]
        scene.hold("bodies to the admin", told["connections"], 48, "every body: 413")
