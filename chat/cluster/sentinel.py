"""A Redis that Sentinels know: what stands in its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from redis.asyncio import ConnectionPool

# They are asked one after the other, within the CALL_SECONDS that any call has: one whose machine
# died with the master's must leave time for the others. redis-py would give it five, ten times.
ANSWER_SECONDS: Final = 0.7
OPTIONS: Final = ("db", "sentinel_username", "sentinel_password")


def sentinel_host(parts: SplitResult) -> dict[str, Any]:
    """Return what channels-redis takes for a master behind Sentinels.

    The URL is `sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/MASTER/DB`. User and password are those
    of the master; the Sentinels' own, where they want any, are the options `sentinel_username` and
    `sentinel_password`.

    Raises:
        ValueError: something in it is missing or unknown; the text shows no password.

    """
    master, _, db = parts.path.strip("/").partition("/")
    credentials, _, hosts = parts.netloc.rpartition("@")
    sentinels = [_host_and_port(entry) for entry in hosts.split(",")]
    if not master:
        raise ValueError("got no name of a master, expected sentinel://HOST:PORT/MASTER")
    username, _, password = credentials.partition(":")
    options = _options(parts.query)
    return {
        "sentinels": sentinels,
        "master_name": master,
        "db": _database(db or options.get("db", "0")),
        **({"username": unquote(username)} if username else {}),
        **({"password": unquote(password)} if password else {}),
        "sentinel_kwargs": {
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": ANSWER_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "username": options.get("sentinel_username"),
            "password": options.get("sentinel_password"),
        },
    }


async def close_pool(pool: ConnectionPool) -> None:
    """Close a pool's connections, those to the Sentinels among them, which redis-py keeps open."""
    await pool.disconnect()
    if isinstance(pool, SentinelConnectionPool):
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.connection_pool.disconnect()


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in OPTIONS:
            raise ValueError(f"got the option {name!r}, expected {', '.join(OPTIONS)}")
    return options


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"got {text!r} as the database, expected a number")
    return int(text)


def _host_and_port(entry: str) -> tuple[str, int]:
    host, _, port = entry.rpartition(":")
    if not (host and port.isascii() and port.isdigit()):
        raise ValueError(f"got {entry!r} as a Sentinel, expected HOST:PORT")
    return host.strip("[]"), int(port)
