from __future__ import annotations

import asyncio

import pytest

from tests.attacks.scene import Scene
from tests.clients import Client, RefusedError
from tests.servers import RunningServer

pytestmark = pytest.mark.processes


async def test_a_foreign_name_that_leads_here_is_refused() -> None:
    """Any page could join from a visitor's browser by having its name lead to this server."""
    with RunningServer(env={"WSCHAT_ALLOWED_ORIGINS": "https://chat.example.org"}) as server:
        rebound = {"Host": f"evil.example:{server.port}"}
        rebound["Origin"] = f"http://{rebound['Host']}"
        async with Scene(server) as scene:
            for _ in range(50):
                with pytest.raises(RefusedError) as refused:
                    await Client.open(server, headers=rebound)
                assert refused.value.status == 400
                await asyncio.sleep(0.02)
            own = await Client.open(server, headers={"Origin": server.url.rstrip("/")})
            await own.aclose()
            scene.hold("rebinding", 50, 48, "every handshake: 400")
