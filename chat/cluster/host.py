from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from channels_redis.utils import create_pool
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chat.cluster.probe import why_unfit
from chat.cluster.sentinel import close_pool, sentinel_host
from chat.room.life import reason_of

# Seconds that Redis has to answer when the server starts.
PING_SECONDS = 5.0
# A connection that cannot be made is tried anew: packets may have been lost with a network.
CONNECT_SECONDS = 3.0
SCHEMES = ("redis", "rediss", "unix", "sentinel")


def redis_host(url: str) -> dict[str, Any]:
    """Return what channels-redis takes as a host, from the URL that an operator gives.

    Reads wait for as long as nothing is said; TCP notices a peer that vanished.

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
    return sentinel_host(parts) | options


def why_unusable(url: str) -> str:
    """Return why the URL cannot be used; empty if it can, or none is given."""
    try:
        if url:
            redis_host(url)
    except ValueError as error:
        return str(error)
    return ""


def without_password(url: str) -> str:
    """Return the URL as a log line may show it."""
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    name = credentials.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{name}{at}{hosts}", query=""))


def _check_url(url: str) -> None:
    """Refuse what redis-py would refuse with the first connection only."""
    try:
        create_pool({"address": url}).make_connection()
    except (ValueError, TypeError) as error:
        raise ValueError(f"cannot use {without_password(url)!r}: {error}") from None


def why_unreachable(url: str, replay_bytes: int) -> str:
    """Return why Redis cannot carry a room that keeps so many bytes in it, in one line.

    Empty if it can, or none is wanted.
    """
    if not url:
        return ""
    try:
        reason = asyncio.run(_probe(redis_host(url), replay_bytes))
    except (RedisError, OSError, ValueError) as error:
        # redis-py shows all its settings behind what Sentinels answered.
        reason = reason_of(error).partition(" : <")[0]
    return f"cannot use {without_password(url)}: {reason}" if reason else ""


async def _probe(host: dict[str, Any], replay_bytes: int) -> str:
    pool = create_pool({**host, "socket_timeout": PING_SECONDS, "retry": Retry(NoBackoff(), 0)})
    redis: Redis = Redis(connection_pool=pool)
    try:
        return await why_unfit(redis, replay_bytes)
    finally:
        await close_pool(pool)
