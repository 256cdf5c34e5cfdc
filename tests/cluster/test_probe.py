"""A Redis that answers and cannot carry the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.faults.redis import RunningRedis
from bench.process import free_port
from chat.cluster.host import why_unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

MIB = 1024 * 1024
USER = ("--user", "default", "on", "nopass", "~*", "+@all")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--maxmemory", "16mb", "--maxmemory-policy", "allkeys-lru"], "expected noeviction"),
        (["--maxmemory", "16mb"], "got WSCHAT_REPLAY_BYTES=8388608, expected at most 4194304"),
        (["--replicaof", "127.0.0.1 1"], "got a replica, expected the master"),
        (
            ["--user", "default", "on", "nopass", "~*", "+@all", "resetchannels"],
            "may not run the room's scripts",
        ),
        (
            ["--user", "default", "on", "nopass", "~*", "&*", "+@all", "-@stream"],
            "may not run the room's scripts",
        ),
        (["--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru"], ""),
        (["--maxmemory", "1"], "got WSCHAT_REPLAY_BYTES"),
        ([], ""),
    ],
)
def test_is_told_at_start(options: Sequence[str], expected: str) -> None:
    """It would be found out when the room is full, or when nobody hears anybody."""
    with RunningRedis(options) as redis:
        reason = why_unreachable(redis.url, 8 * MIB)
        assert expected in reason
        assert bool(reason) == bool(expected)
        assert "\n" not in reason


def test_a_cluster_is_told_at_start() -> None:
    """Its members would be refused one by one, by a reason that only its maker understands."""
    # Its bus would listen 10,000 ports further, where another may, or where no port is.
    options = ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    with RunningRedis(options) as redis:
        reason = why_unreachable(redis.url, 8 * MIB)
    assert "got a Redis Cluster, expected a single server" in reason
    assert "\n" not in reason
