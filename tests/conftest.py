from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.clients import Visitors
from tests.servers import RunningServer, Way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

# The machine is shared with servers under load: how long an example takes says nothing.
settings.register_profile(
    "shared machine", max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")
# Each of some hundred faults meets every example (tests/mutate.py): few of them, and the same ones.
settings.register_profile(
    "mutants",
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)

STARTING: Final = {"servers", "redis", "watched", "hosts", "browser"}
_unmarked: pytest.Item | None = None


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the tests whose fixtures start processes."""
    for item in items:
        if STARTING.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.processes)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tell the audit hook below which test runs, if it may not start a process."""
    global _unmarked  # noqa: PLW0603 - an audit hook receives only the event
    _unmarked = None if item.get_closest_marker("processes") else item
    try:
        return (yield)
    finally:
        _unmarked = None


def _refuse_processes(event: str, _: object) -> None:
    if _unmarked and event in {"subprocess.Popen", "os.fork", "os.posix_spawn"}:
        raise RuntimeError(
            f"{_unmarked.nodeid} starts a process: mark it with pytest.mark.processes"
        )


# `script/test --fast` leaves marked tests out; an unmarked server start would make it slow again.
sys.addaudithook(_refuse_processes)


class Servers:
    """One server of each kind for all tests of this process that leave it as they found it."""

    def __init__(self) -> None:
        self._running: dict[Way, RunningServer] = {}

    def get(self, way: Way) -> RunningServer:
        """Return the server started in this way, started now if it is the first time."""
        if way not in self._running:
            self._running[way] = RunningServer(way)
            self._running[way].start()
        return self._running[way]

    def end(self) -> None:
        """End them; a traceback in the log of any of them is a defect that no test may hide."""
        logs = [server.log for server in self._running.values()]
        for server in self._running.values():
            server.__exit__()
        for log in logs:
            assert "Traceback" not in log, log


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Servers that are shared by the tests."""
    shared = Servers()
    yield shared
    shared.end()


@pytest.fixture
def server(servers: Servers) -> RunningServer:
    """Return the server as `./wschat` starts it."""
    return servers.get(Way.SERVE)


@pytest.fixture(
    params=[(Way.SERVE, False), (Way.SERVE, True), (Way.UVICORN, False), (Way.HYPERCORN, False)],
    ids=["daphne, whole frames", "daphne, fragments", "uvicorn", "hypercorn"],
)
async def everywhere(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Visitors]:
    """Visitors to each server and by each way in: all must show the same room."""
    way, fragmented = request.param
    async with Visitors(servers.get(way), fragmented=fragmented) as visitors:
        yield visitors


@pytest.fixture
async def visitors(server: RunningServer) -> AsyncIterator[Visitors]:
    """Visitors to the server as `./wschat` starts it."""
    async with Visitors(server) as visitors:
        yield visitors
