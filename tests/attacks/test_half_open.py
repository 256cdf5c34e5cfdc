from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene, measured
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes

CONNECTIONS = 200
HEAD_SECONDS = 3
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


@pytest.fixture(scope="module")
def hurried() -> Iterator[RunningServer]:
    """Run a server that is soon out of patience, with few places for an address."""
    with HurriedServer(env={"WSCHAT_MAX_PER_ADDRESS": "4", **measured()}) as server:
        yield server


async def test_sockets_of_one_address_are_counted_from_accept_on(hurried: RunningServer) -> None:
    """Connections that never become members would be past the limit of an address."""
    most = 36 - 2  # the two bystanders are of the same address
    async with Scene(hurried) as scene:
        await scene.attack("half_open", 100, 1, 100 - most)
        refused = await scene.metric('wschat_sockets_refused_total{reason="sockets"}')
        scene.hold("half-open, one address", 100, 48, f"{100 - most}, at accept")
    assert refused == 100 - most


async def test_a_head_has_its_time_whatever_trickles(hurried: RunningServer) -> None:
    """A byte now and then would keep a connection for ever, past every limit and metric."""
    async with Scene(hurried) as scene:
        told = await scene.attack("half_open", CONNECTIONS, 10, CONNECTIONS)
        scene.hold("half-open", CONNECTIONS, 48, f"all, after {told['last']:.0f} s")
        refused = await scene.metric('wschat_sockets_refused_total{reason="head"}')
    assert told["left"] == 0
    assert refused == CONNECTIONS
