"""A Redis that answers and cannot carry the room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import ResponseError

from bench.faults.redis import RunningRedis
from bench.process import free_port
from chat.cluster.host import why_unreachable
from chat.cluster.probe import why_unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

MIB = 1024 * 1024
USER = ("--user", "default", "on", "nopass", "~*", "+@all")


@pytest.mark.processes
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


@pytest.mark.processes
def test_a_cluster_is_told_at_start() -> None:
    """Its members would be refused one by one, by a reason that only its maker understands."""
    # Its bus would listen 10,000 ports further, where another may, or where no port is.
    options = ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    with RunningRedis(options) as redis:
        reason = why_unreachable(redis.url, 8 * MIB)
    assert "got a Redis Cluster, expected a single server" in reason
    assert "\n" not in reason


class Told:
    """A Redis that says of itself what it is told to say."""

    def __init__(self, refusal: str, **info: Any) -> None:
        self._info = info
        self._refusal = refusal

    async def info(self) -> dict[str, Any]:
        """Return it."""
        return self._info

    async def eval(self, script: str, count: int, key: str) -> None:
        """Run a script, or refuse to."""
        assert (count, key) == (1, "wschat:")
        assert "PUBLISH" in script
        if self._refusal:
            raise ResponseError(self._refusal)


@pytest.mark.parametrize(
    ("refusal", "info", "reason"),
    [
        ("", {}, ""),
        ("", {"maxmemory": 0, "maxmemory_policy": "allkeys-lru", "role": "master"}, ""),
        ("", {"maxmemory": 100, "maxmemory_policy": "noeviction", "cluster_enabled": 0}, ""),
        ("OOM command not allowed", {}, ""),
        ("NOPERM", {}, "the user may not run the room's scripts: NOPERM"),
        (
            "NOPERM",
            {"cluster_enabled": 1},
            "got a Redis Cluster, expected a single server: the scripts use several keys",
        ),
        ("", {"role": "slave"}, "got a replica, expected the master: a replica takes no writes"),
        (
            "",
            {"maxmemory": 1000, "maxmemory_policy": "allkeys-lru"},
            "got maxmemory-policy allkeys-lru, which forgets the room; expected noeviction",
        ),
        (
            "",
            {"maxmemory": 99, "maxmemory_policy": "noeviction"},
            "got WSCHAT_REPLAY_BYTES=25, expected at most 25, a quarter of its maxmemory",
        ),
    ],
)
async def test_says_what_is_wrong_with_it(refusal: str, info: dict[str, Any], reason: str) -> None:
    """An operator would be told of another fault, or of one where there is none."""
    redis: Any = Told(refusal, **info)
    assert await why_unfit(redis, 25) == reason
