from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene
from tests.clients import Client, RefusedError

if TYPE_CHECKING:
    from tests.servers import RunningServer

pytestmark = pytest.mark.processes


async def test_a_foreign_name_that_leads_here_is_refused(attacked: RunningServer) -> None:
    """Any page could join from a visitor's browser by having its name lead to this server."""
    rebound = {"Host": f"evil.example:{attacked.port}"}
    rebound["Origin"] = f"http://{rebound['Host']}"
    async with Scene(attacked) as scene:
        async with scene.under_attack():
            for _ in range(50):
                with pytest.raises(RefusedError) as refused:
                    await Client.open(attacked, headers=rebound)
                assert refused.value.status == 400
        own = await Client.open(attacked, headers={"Origin": attacked.url.rstrip("/")})
        await own.aclose()
        scene.hold("rebinding", 50, 48, "every handshake: 400")
