from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.faults.redis import RunningRedis
from chat.cluster.host import redis_host, why_unreachable, why_unusable, without_password
from chat.cluster.layer import ClusterLayer
from tests.commands import run_python

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2"
WRONG = [
    f"http://user:{SECRET}@127.0.0.1",
    f"redis://user:{SECRET}@127.0.0.1:1/0",
    f"redis://:{SECRET}@127.0.0.1:port",
    f"redis://:{SECRET}@[::1",
    f"redis://127.0.0.1:1?password={SECRET}",
    f"redis://127.0.0.1:1?pasword={SECRET}",
    f"redis://:{SECRET}@host.invalid:6379",
    f"rediss://:{SECRET}@127.0.0.1:1",
    f"sentinel://:{SECRET}@127.0.0.1:1/main",
    f"sentinel://:{SECRET}@127.0.0.1/main",
    f"sentinel://:{SECRET}@127.0.0.1:1",
    f"unix://:{SECRET}@/nowhere/redis.sock",
    SECRET,
]


@pytest.mark.processes
def test_says_in_a_line_that_redis_cannot_be_used(tmp_path: Path) -> None:
    """A typo in the URL would show a traceback to search for the reason."""
    ended = run_python(
        *("manage.py", "serve", "127.0.0.1:0"),
        WSCHAT_VAR=str(tmp_path),
        WSCHAT_REDIS_URL=f"redis://user:{SECRET}@127.0.0.1:1/0",
    )
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("WSCHAT_REDIS_URL: ")
    assert ended.err.count("\n") == 1
    assert SECRET not in ended.err


@pytest.mark.parametrize("url", WRONG[:-1])
def test_no_reason_shows_the_password(url: str) -> None:
    """The password would stand in the logs."""
    try:
        redis_host(url)
        reason = why_unreachable(url, 1)
    except ValueError as error:
        reason = str(error)
    assert reason
    assert "\n" not in reason
    assert len(reason) < 300
    assert SECRET not in reason


@pytest.mark.processes
def test_says_that_the_password_is_wrong() -> None:
    """Whoever has a wrong password would be told that Redis is not there, or nothing."""
    with RunningRedis(("--requirepass", "right")) as redis:
        reason = why_unreachable(f"redis://:{SECRET}@127.0.0.1:{redis.port}", 1)
        assert "\n" not in reason
        assert "password" in reason
        assert SECRET not in reason
        assert why_unreachable(f"redis://:right@127.0.0.1:{redis.port}", 1) == ""


def test_none_wanted_is_none_missing() -> None:
    """A single process would not start without Redis."""
    assert why_unreachable("", 1) == ""


def test_reads_a_sentinel_url() -> None:
    """Sentinels would be asked for the wrong master, or without the password."""
    host = redis_host("sentinel://us%40er:pass%3Aword@one:26379,[::2]:26380/main/3")
    assert host["sentinels"] == [("one", 26379), ("::2", 26380)]
    assert (host["master_name"], host["db"]) == ("main", 3)
    assert (host["username"], host["password"]) == ("us@er", "pass:word")


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("redis://localhost", "wschat:0:"),
        ("redis://localhost/2", "wschat:2:"),
        ("unix:///redis.sock?db=4", "wschat:4:"),
        ("sentinel://one:1/main/3", "wschat:3:"),
    ],
)
def test_every_kind_of_url_makes_a_layer(url: str, prefix: str) -> None:
    """A kind of URL that is promised would fail with the first visitor."""
    layer = ClusterLayer(hosts=[redis_host(url)], replay_bytes=1, timeout=1)
    assert layer._kwargs["prefix"] == prefix


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://user:pw@host:1/0?password=pw", "redis://user@host:1/0"),
        ("redis://:pw@host", "redis://@host"),
        ("redis://host", "redis://host"),
    ],
)
def test_shows_a_url_without_its_password(url: str, shown: str) -> None:
    """The password would stand in the logs."""
    assert without_password(url) == shown


def test_a_url_that_cannot_be_used_is_told_before_it_is() -> None:
    """The check at the start would let a wrong URL pass, or name another fault."""
    for url in ("", "redis://localhost", "rediss://localhost", "sentinel://one:1/main"):
        assert why_unusable(url) == ""
    assert why_unusable("http://us:pw@host") == (
        "got 'http://us@host', expected redis://, rediss://, unix://, sentinel://"
    )
    assert why_unusable("redis://[::1").startswith("cannot read the URL: Invalid IPv6")


def test_what_a_connection_is_made_with() -> None:
    """A dead Redis would be waited for, or a busy one be taken for dead."""
    always = {"socket_timeout": None, "protocol": 2}
    by_network = always | {"socket_keepalive": True, "socket_connect_timeout": 3.0}
    assert redis_host("redis://h") == {"address": "redis://h", **by_network}
    assert redis_host("unix:///redis.sock") == {"address": "unix:///redis.sock", **always}
    assert redis_host("sentinel://one:1/main").items() >= by_network.items()
