from __future__ import annotations

import asyncio
import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

from channels_redis.utils import create_pool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, ReadOnlyError

from chat.cluster.sentinel import close_pool

if TYPE_CHECKING:
    from collections.abc import Mapping

# A Redis that does not answer for this long is tried anew: the numbers of batches make it safe.
CALL_SECONDS: Final = 3.0
_RUN_ID: Final = re.compile(rb"^run_id:(\w+)", re.MULTILINE)


class Line:
    """A connection of its own for scripts by name, one call at a time.

    redis-py's client takes 157 µs of processor time for such a call, this at most 63: it keeps
    its connection, has one timer for the whole call and tries nothing twice.

    Every script gets the run id of the Redis that it runs in as its last argument. It is asked for
    once a connection, as none outlives its Redis; in the scripts it cost more than all they do.
    """

    def __init__(self, host: dict[str, Any], scripts: Mapping[str, str]) -> None:
        self._scripts = {
            name: (script, hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest())
            for name, script in scripts.items()
        }
        # No timeout of redis-py's: each would make a task for every write.
        options = {"socket_timeout": None, "retry": Retry(NoBackoff(), 0)}
        self._pool = create_pool({**host, **options})
        self._connection = self._pool.make_connection()
        self._run_id = b""
        self._calling = asyncio.Lock()

    async def run(self, name: str, key: str, *arguments: Any) -> Any:
        """Return a script's answer; connect first if need be.

        Raises:
            RedisError, OSError, TimeoutError: Redis did not answer; it may have run the script.

        """
        script, digest = self._scripts[name]
        async with self._calling, asyncio.timeout(CALL_SECONDS):
            try:
                await self._connect()
                tail = (1, key, *arguments, self._run_id)
                try:
                    return await self._call("EVALSHA", digest, *tail)
                except NoScriptError:
                    return await self._call("EVAL", script, *tail)
            except ReadOnlyError:  # the master of yesterday: whoever leads there knows the new one
                await self.close()
                raise
            except RuntimeError as error:  # uvloop's, of a connection that is closed already
                await self.close()
                raise ConnectionError(str(error)) from error

    async def close(self) -> None:
        """Close the connection; the next call makes it anew."""
        await self._connection.disconnect()
        await close_pool(self._pool)

    async def _connect(self) -> None:
        connection: Any = self._connection
        if connection.is_connected and self._run_id:
            reader = connection._reader  # noqa: SLF001 - nothing public tells of an end
            if not (reader.at_eof() or reader.exception()):
                return
            await connection.disconnect()  # the other end did: the call would find out by failing
        self._run_id = b""
        await self._connection.connect()  # sending alone would ask no Sentinel
        found = _RUN_ID.search(await self._call("INFO", "server"))
        self._run_id = found[1] if found else b"unknown"

    async def _call(self, *command: Any) -> Any:
        connection = self._connection
        await connection.send_packed_command(connection.pack_command(*command), check_health=False)
        return await connection.read_response(disable_decoding=True)
