from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.faults.redis import RunningRedis
from chat.cluster import session
from tests.cluster.peers import Peers, peers_over

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

QUICK_SILENCE = 2.0


@pytest.fixture
def redis() -> Iterator[RunningRedis]:
    """Start a redis-server of the test's own."""
    with RunningRedis() as running:
        yield running


@pytest.fixture
async def peers(redis: RunningRedis) -> AsyncIterator[Peers]:
    """Make processes that share the test's Redis."""
    async with peers_over(redis) as made:
        yield made


@pytest.fixture
def quick_death(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a silent process count as dead after two seconds instead of eight."""
    monkeypatch.setattr(session, "SILENCE_SECONDS", QUICK_SILENCE)
