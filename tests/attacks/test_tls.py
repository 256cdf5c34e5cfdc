from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene, measured
from tests.certificates import issue
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes

CONNECTIONS = 200
ENOUGH = 600


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a server that speaks TLS."""
    issued = issue(tmp_path_factory.mktemp("tls"))
    with RunningServer(issued=issued, env=measured()) as server:
        yield server


@pytest.mark.parametrize("kind", ["whole", "garbage"])
async def test_a_room_goes_on_beside_handshakes(tls_server: RunningServer, kind: str) -> None:
    """Who shakes hands again and again would take the processor from all who talk."""
    async with Scene(tls_server) as scene:
        told = await scene.attack("handshakes", kind, CONNECTIONS, ENOUGH)
        put_out = "nobody" if kind == "whole" else "all attackers"
        scene.hold(f"TLS handshakes, {kind}", CONNECTIONS, 48, put_out)
    assert told["whole" if kind == "whole" else "broken"] >= ENOUGH


async def test_new_keys_again_and_again(tls_server: RunningServer) -> None:
    """One connection would hold the event loop for as long as it sends: everybody, for minutes."""
    async with Scene(tls_server) as scene:
        told = await scene.attack("key_updates", 20_000)
        scene.hold("TLS, new keys", 1, 48, "the attacker, after 64 KiB")
    assert told["is_out"]
