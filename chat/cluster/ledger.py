"""The room's order in Redis: every batch has a place in a stream, and can be read again there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from channels_redis.utils import create_pool
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a call may raise when Redis is out of reach, or is not what it should be.
REDIS_ERRORS: Final = (RedisError, OSError, TimeoutError)
PREFIX: Final = "wschat:"
# A Redis that does not answer for this long is tried anew: the numbers of batches make it safe.
CALL_SECONDS: Final = 3.0
# Batches read at once when a gap is closed.
PAGE: Final = 64

_LUA = Path(__file__).parent / "lua"

Place = tuple[int, int]
START: Final[Place] = (0, 0)


def parse_place(text: bytes) -> Place:
    """Read the id of a stream's entry, milliseconds-number; later ones compare greater."""
    milliseconds, number = text.split(b"-")
    return int(milliseconds), int(number)


@dataclass(frozen=True, slots=True)
class Beat:
    """What a process learns by being heard of."""

    standing: str
    tip: Place
    online: int
    overdue: list[str]


class Ledger:
    """The scripts that read and write the order, each one atomic.

    A standing is `ok`, `epoch` (this Redis knows nothing of us: it was restarted) or `gone` (the
    others declared this process dead).
    """

    def __init__(self, host: dict[str, Any], channel: str, replay_bytes: int) -> None:
        options = {"socket_timeout": CALL_SECONDS, "retry": Retry(NoBackoff(), 0)}
        self._redis: Redis = Redis(connection_pool=create_pool({**host, **options}))
        self._channel = channel
        self._most = replay_bytes
        clock = (_LUA / "clock.lua").read_text()
        self._scripts = {
            path.stem: self._redis.register_script(clock + path.read_text())
            for path in _LUA.glob("*.lua")
            if path.stem != "clock"
        }

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose(close_connection_pool=True)

    async def register(
        self, process: str, silence: float, members: Sequence[str]
    ) -> tuple[str, Place]:
        """Take part from now on; return the epoch and the end of the order.

        `silence` is after how many seconds a process that is not heard of counts as dead.
        """
        epoch, tip = await self._run("register", process, int(silence * 1000), *members)
        return epoch.decode(), parse_place(tip)

    async def append(self, epoch: str, process: str, batch: dict[str, Any], payload: bytes) -> str:
        """Publish a batch, unless its number shows that it is published; return the standing."""
        joins = [member for _, member in batch["joins"]]
        standing: bytes = await self._run(
            "append",
            epoch,
            process,
            batch["number"],
            self._channel,
            payload,
            self._most,
            len(joins),
            *joins,
            *batch["leaves"],
        )
        return standing.decode()

    async def beat(self, epoch: str, process: str) -> Beat:
        """Be heard of."""
        standing, tip, online, overdue = await self._run("beat", epoch, process)
        names = [name.decode() for name in overdue]
        return Beat(standing.decode(), parse_place(tip), online, names)

    async def members(self, process: str) -> list[str]:
        """Return the ids of a process's members."""
        found: Any = await self._redis.smembers(f"{PREFIX}members:{process}")
        return sorted(member.decode() for member in found)

    async def bury(self, epoch: str, process: str, payload: bytes) -> bool:
        """Declare a process dead and publish its members' leaves; False if there was no need."""
        done = await self._run("bury", epoch, process, self._channel, payload, self._most)
        return bool(done)

    async def resign(self, process: str) -> None:
        """Take part no longer."""
        await self._run("resign", process)

    async def since(self, place: Place) -> list[tuple[Place, bytes]]:
        """Return a page of batches from a place on, the one at that place included."""
        start = "{}-{}".format(*place)
        entries: Any = await self._redis.xrange(f"{PREFIX}log", start, "+", count=PAGE)
        return [(parse_place(id_), fields[b"b"]) for id_, fields in entries]

    async def _run(self, name: str, *arguments: Any) -> Any:
        return await self._scripts[name](keys=[PREFIX], args=arguments)
