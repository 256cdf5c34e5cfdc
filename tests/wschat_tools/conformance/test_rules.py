"""The rules of the protocol against our own server, in every way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers import Way
from wschat_tools.conformance import CHECKS, Runner, Status
from wschat_tools.load import parse_address

if TYPE_CHECKING:
    from tests.conftest import Servers

TIMEOUT_SECONDS = 10.0
WAYS_IN = {
    "daphne, whole frames": (Way.SERVE, False),
    "daphne, fragments": (Way.SERVE, True),
    "uvicorn": (Way.UVICORN, False),
}
# Uvicorn has these in its own hands: it drops what comes in the segment of the handshake, answers
# violations before we hear of them (text that is not UTF-8 with a traceback in its log), and
# compresses unless it is told not to.
NOT_ON_UVICORN = {
    "words-behind-the-handshake",
    "error-for-violations",
    "ends-not-utf-8",
    "ends-not-utf-8-in-fragments",
    "nothing-negotiated",
}
CASES = [
    (way_in, name)
    for way_in in WAYS_IN
    for name in CHECKS
    if way_in != "uvicorn" or name not in NOT_ON_UVICORN
]


class Runners:
    """A runner for each way in, so that it knows who is past."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._runners: dict[str, Runner] = {}

    def get(self, name: str) -> Runner:
        """Return the runner for a way in."""
        if name not in self._runners:
            way, fragmented = WAYS_IN[name]
            address = parse_address(self._servers.get(way).socket_url)
            self._runners[name] = Runner(address, TIMEOUT_SECONDS, fragmented=fragmented)
        return self._runners[name]


@pytest.fixture(scope="session")
def runners(servers: Servers) -> Runners:
    return Runners(servers)


@pytest.mark.parametrize(("way_in", "name"), CASES)
async def test_our_server_keeps_the_rule(runners: Runners, way_in: str, name: str) -> None:
    """Members would see another room than docs/protocol.md describes."""
    outcome = await runners.get(way_in).run_one(CHECKS[name])
    assert outcome.status is Status.PASS, f"expected {outcome.expected}, got {outcome.got}"


@pytest.mark.parametrize("way", [Way.DAPHNE, Way.RUNSERVER])
async def test_every_other_way_to_start_serves_the_same_room(way: Way, servers: Servers) -> None:
    """What the page and the docs say would hold for some ways to start only."""
    runner = Runner(parse_address(servers.get(way).socket_url), TIMEOUT_SECONDS)
    names = ("size-64-kib", "close-1007", "close-1009", "leave-by-midway-in-a-message", "storm")
    outcomes = await runner.run([CHECKS[name] for name in names])
    assert [outcome.status for outcome in outcomes] == [Status.PASS] * len(names), outcomes
