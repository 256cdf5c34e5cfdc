"""Whether a Redis that answers can carry a room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import ResponseError

from chat.cluster.ledger import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redis.asyncio import Redis

# Of what Redis may use at most, the part that may be kept to close gaps.
MOST_KEPT: Final = 0.25
# What needs rights of its own, as the room's scripts do it.
_RIGHTS: Final = """
local key = KEYS[1] .. 'probe'
redis.call('XADD', key, '*', 'b', '')
redis.call('DEL', key)
redis.call('PUBLISH', key, '')
"""


async def why_unfit(redis: Redis, replay_bytes: int) -> str:
    """Return why a Redis cannot carry a room that keeps so many bytes; empty if it can."""
    return _why_unfit(await redis.info(), replay_bytes) or await _missing_rights(redis)


def _why_unfit(info: Mapping[str, Any], replay_bytes: int) -> str:
    if info.get("cluster_enabled"):
        return "got a Redis Cluster, expected a single server: the scripts use several keys"
    if info.get("role") == "slave":
        return "got a replica, expected the master: a replica takes no writes"
    most, policy = info.get("maxmemory", 0), info.get("maxmemory_policy", "")
    if most and policy.startswith("allkeys-"):
        return f"got maxmemory-policy {policy}, which forgets the room; expected noeviction"
    if most and replay_bytes > most * MOST_KEPT:
        allowed = f"at most {most * MOST_KEPT:.0f}, a quarter of its maxmemory"
        return f"got WSCHAT_REPLAY_BYTES={replay_bytes}, expected {allowed}"
    return ""


async def _missing_rights(redis: Redis) -> str:
    run: Any = redis.eval
    try:
        await run(_RIGHTS, 1, PREFIX)
    except ResponseError as error:
        if "OOM" not in str(error):  # full is not unfit: the room makes room
            return f"the user may not run the room's scripts: {error}"
    return ""
