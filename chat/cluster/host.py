from __future__ import annotations

import asyncio
import sys
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from channels_redis.utils import create_pool
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

# Seconds that Redis has to answer when the server starts.
PING_SECONDS = 5.0
# A connection that cannot be made is tried anew: packets may have been lost with a network.
CONNECT_SECONDS = 3.0
SCHEMES = ("redis", "rediss", "unix", "sentinel")


def redis_host(url: str) -> dict[str, Any]:
    """Return what channels-redis takes as a host, from the URL that an operator gives.

    `sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/MASTER/DB` stands for a master that Sentinels
    know. Reads wait for as long as nothing is said; TCP notices a peer that vanished.

    Raises:
        ValueError: the URL is none of a known kind; the text says what was got and is allowed.

    """
    try:
        parts = urlsplit(url)
    except ValueError as error:  # its text does not repeat the URL, which may hold a password
        raise ValueError(f"cannot read the URL: {error}") from None
    if parts.scheme not in SCHEMES:
        raise ValueError(f"got {without_password(url)!r}, expected {'://, '.join(SCHEMES)}://")
    # redis-py's RESP3 builds a text of every message received, for a log line that nobody reads.
    options: dict[str, Any] = {"socket_timeout": None, "protocol": 2}
    if parts.scheme != "unix":
        options |= {"socket_keepalive": True, "socket_connect_timeout": CONNECT_SECONDS}
    if parts.scheme != "sentinel":
        _check_url(url)
        return {"address": url, **options}
    master, _, db = parts.path.strip("/").partition("/")
    if not master:
        raise ValueError(f"got {without_password(url)!r}, expected sentinel://HOST:PORT/MASTER")
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    return {
        "sentinels": [_host_and_port(entry) for entry in hosts.split(",")],
        "master_name": master,
        "db": int(db or parse_qs(parts.query).get("db", ["0"])[0]),
        **({"username": unquote(username)} if username else {}),
        **({"password": unquote(password)} if password else {}),
        **options,
    }


def redis_host_or_exit(url: str) -> dict[str, Any]:
    """Do the same for a setting, and end the process with a line where it cannot be used."""
    try:
        return redis_host(url)
    except ValueError as error:
        sys.exit(f"WSCHAT_REDIS_URL: {error}")


def without_password(url: str) -> str:
    """Return the URL as a log line may show it."""
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    name = credentials.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{name}{at}{hosts}", query=""))


def _host_and_port(entry: str) -> tuple[str, int]:
    host, _, port = entry.rpartition(":")
    if not (host and port.isdigit()):
        raise ValueError(f"got {entry!r} as a Sentinel, expected HOST:PORT")
    return host.strip("[]"), int(port)


def _check_url(url: str) -> None:
    """Refuse what redis-py would refuse with the first connection only."""
    try:
        create_pool({"address": url}).make_connection()
    except (ValueError, TypeError) as error:
        raise ValueError(f"cannot use {without_password(url)!r}: {error}") from None


def why_unreachable(url: str) -> str:
    """Return why Redis cannot be used, in one line; empty if it can, or none is wanted."""
    if not url:
        return ""
    try:
        asyncio.run(_ping(redis_host(url)))
    except (RedisError, OSError, ValueError) as error:
        # redis-py shows all its settings behind what Sentinels answered.
        reason = " ".join(str(error).split()).partition(" : <")[0] or type(error).__name__
        return f"cannot use {without_password(url)}: {reason}"
    return ""


async def _ping(host: dict[str, Any]) -> None:
    pool = create_pool({**host, "socket_timeout": PING_SECONDS, "retry": Retry(NoBackoff(), 0)})
    redis: Redis = Redis(connection_pool=pool)
    try:
        await redis.info("server")
    finally:
        await redis.aclose(close_connection_pool=True)
