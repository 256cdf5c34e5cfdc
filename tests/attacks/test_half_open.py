from __future__ import annotations

import sys

import pytest

from tests.attacks.scene import Scene, metric
from tests.servers import RunningServer, free_port

pytestmark = pytest.mark.processes

CONNECTIONS = 200
HEAD_SECONDS = 4
# The server with less patience, so that the test need not have its own.
HURRIED = f"""
import sys
from chat.transport import http
from wschat_project.__main__ import manage
http.HEAD_SECONDS = {HEAD_SECONDS}
manage(sys.argv)
"""


class HurriedServer(RunningServer):
    """A server that waits for a head no longer than HEAD_SECONDS."""

    @property
    def command(self) -> list[str]:
        """The command line."""
        _, _, *arguments = super().command
        return [sys.executable, "-c", HURRIED, *arguments]


async def test_a_head_has_its_time_whatever_trickles() -> None:
    """A byte now and then would keep a connection for ever, past every limit and metric."""
    port = free_port()
    with HurriedServer(env={"WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{port}"}) as server:
        async with Scene(server) as scene:
            told = await scene.attack("half_open", CONNECTIONS, 30)
            scene.hold("half-open", CONNECTIONS, 48, f"all, after {told['last']:.0f} s")
            refused = await metric(port, 'wschat_sockets_refused_total{reason="head"}')
    assert told["left"] == 0
    assert refused == CONNECTIONS


async def test_sockets_of_one_address_are_counted_from_accept_on() -> None:
    """Connections that never become members would be past the limit of an address."""
    port = free_port()
    limits = {"WSCHAT_MAX_PER_ADDRESS": "4", "WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{port}"}
    with RunningServer(env=limits) as server:
        async with Scene(server) as scene:
            told = await scene.attack("half_open", 100, 2)
            refused = await metric(port, 'wschat_sockets_refused_total{reason="sockets"}')
            scene.hold("half-open, one address", 100, 48, f"{100 - told['left']}, at accept")
    assert told["left"] == 36 - 2  # the two bystanders are of the same address
    assert refused >= 100 - told["left"]
