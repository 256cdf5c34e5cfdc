from __future__ import annotations

import asyncio
import hashlib
from typing import Any, Final

from channels_redis.utils import create_pool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

# A Redis that does not answer for this long is tried anew: the numbers of batches make it safe.
CALL_SECONDS: Final = 3.0


class Line:
    """A connection of its own for the one script that runs once a batch, one call at a time.

    redis-py's client takes 157 µs of processor time for such a call, this at most 63: it keeps
    its connection, has one timer for the whole call and tries nothing twice.
    """

    def __init__(self, host: dict[str, Any], script: str) -> None:
        self._script = script
        self._digest = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
        # No timeout of redis-py's: each would make a task for every write.
        options = {"socket_timeout": None, "retry": Retry(NoBackoff(), 0)}
        self._pool = create_pool({**host, **options})
        self._connection = self._pool.make_connection()

    async def run(self, key: str, *arguments: Any) -> Any:
        """Return the script's answer; connect first if need be.

        Raises:
            RedisError, OSError, TimeoutError: Redis did not answer; it may have run the script.

        """
        async with asyncio.timeout(CALL_SECONDS):
            try:
                return await self._call("EVALSHA", self._digest, 1, key, *arguments)
            except NoScriptError:
                return await self._call("EVAL", self._script, 1, key, *arguments)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.disconnect()

    async def _call(self, *command: Any) -> Any:
        connection = self._connection
        await connection.send_packed_command(connection.pack_command(*command), check_health=False)
        return await connection.read_response(disable_decoding=True)
