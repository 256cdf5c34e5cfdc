from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene
from tests.certificates import issue
from tests.servers import RunningServer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

CONNECTIONS = 200


@pytest.mark.parametrize("kind", ["whole", "garbage"])
async def test_a_room_goes_on_beside_handshakes(kind: str, tmp_path: Path) -> None:
    """Who shakes hands again and again would take the processor from all who talk."""
    with RunningServer(issued=issue(tmp_path)) as server:
        async with Scene(server) as scene:
            told = await scene.attack("handshakes", kind, CONNECTIONS, 3)
            put_out = "nobody" if kind == "whole" else "all attackers"
            scene.hold(f"TLS handshakes, {kind}", CONNECTIONS, 48, put_out)
    assert told["whole" if kind == "whole" else "broken"] > CONNECTIONS


async def test_new_keys_again_and_again(tmp_path: Path) -> None:
    """One connection would hold the event loop for as long as it sends: everybody, for minutes."""
    with RunningServer(issued=issue(tmp_path)) as server:
        async with Scene(server) as scene:
            told = await scene.attack("key_updates", 20_000)
            scene.hold("TLS, new keys", 1, 48, "the attacker, after 64 KiB")
    assert told["is_out"]
