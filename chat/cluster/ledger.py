"""The room's order in Redis: every batch has a place in a stream, and can be read again there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from channels_redis.utils import create_pool
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chat.cluster.line import CALL_SECONDS, Line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# What a call may raise when Redis is out of reach, or is not what it should be.
REDIS_ERRORS: Final = (RedisError, OSError, TimeoutError)
PREFIX: Final = "wschat:"
# Bytes of batches read at once when a gap is closed: more might not come within CALL_SECONDS.
PAGE_BYTES: Final = 1024 * 1024

_LUA = Path(__file__).parent / "lua"

Place = tuple[int, int]
START: Final[Place] = (0, 0)


class Standing(StrEnum):
    """What a process is to Redis.

    EPOCH: this Redis knows nothing of us, it was restarted. GONE: the others declared this process
    dead. LATE: who was to be declared dead is not overdue, or is dead already.
    """

    OK = "ok"
    EPOCH = "epoch"
    GONE = "gone"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Beat:
    """What a process learns by being heard of; `epoch` and `process` are those that it gave."""

    epoch: str
    process: str
    standing: Standing
    tip: Place
    online: int
    overdue: list[str]


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch: its place, and that of the batch before it.

    Where it had been published already both are the end of the order. `is_told` says that
    subscribers were sent it, this process among them; nobody is where nobody else takes part.
    """

    standing: Standing
    prev: Place = START
    place: Place = START
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The end of the order, and what holds there: last numbers and members by process."""

    tip: Place
    numbers: dict[str, int]
    rosters: dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Page:
    """Batches read again, in order; `forgotten` is the last place that can be read no longer."""

    forgotten: Place
    batches: list[tuple[Place, bytes]]


class Ledger:
    """The scripts that read and write the order, each one atomic.

    Every method but `close` may raise one of REDIS_ERRORS; what it was to do may have been done.
    """

    def __init__(self, host: dict[str, Any], channel: str, replay_bytes: int) -> None:
        options = {"socket_timeout": CALL_SECONDS, "retry": Retry(NoBackoff(), 0)}
        self._redis: Redis = Redis(connection_pool=create_pool({**host, **options}))
        self._channel = channel
        self._most = replay_bytes
        clock = (_LUA / "clock.lua").read_text()
        scripts = {
            path.stem: clock + path.read_text()
            for path in _LUA.glob("*.lua")
            if path.stem != "clock"
        }
        self._line = Line(host, scripts.pop("append"))
        self._scripts = {
            name: self._redis.register_script(script) for name, script in scripts.items()
        }

    async def close(self) -> None:
        """Close the connections."""
        await self._line.close()
        await self._redis.aclose(close_connection_pool=True)

    async def register(
        self, process: str, silence: float, number: int, rosters: Mapping[str, Collection[str]]
    ) -> str:
        """Take part from now on; return the epoch.

        Args:
            process: who takes part.
            silence: after how many seconds a process that is not heard of counts as dead.
            number: that of the process's last batch.
            rosters: its members, and those of other processes as far as they are known.

        """
        flat: list[str | int] = []
        for name, members in {process: (), **rosters}.items():
            flat += [name, len(members), *members]
        epoch: bytes = await self._run("register", process, int(silence * 1000), number, *flat)
        return epoch.decode()

    async def snapshot(self) -> Snapshot:
        """Read where the order is, and who is there."""
        tip, numbers, rosters = await self._run("snapshot")
        names = [name.decode() for name in numbers[::2]]
        return Snapshot(
            parse_place(tip),
            dict(zip(names, map(int, numbers[1::2]), strict=True)),
            {name.decode(): {id_.decode() for id_ in members} for name, members in rosters},
        )

    async def append(self, epoch: str, batch: dict[str, Any], payload: bytes) -> Appended:
        """Publish a batch, unless its number shows that it is published; one call at a time."""
        joins = [member for _, member in batch["joins"]]
        answer = await self._line.run(
            PREFIX,
            epoch,
            batch["process"],
            batch["number"],
            self._channel,
            payload,
            self._most,
            len(joins),
            *joins,
            *batch["leaves"],
        )
        return _appended(answer)

    async def bury(self, epoch: str, batch: dict[str, Any], payload: bytes) -> Appended:
        """Publish the batch with which a process declares another one dead."""
        answer = await self._run(
            "bury",
            epoch,
            batch["process"],
            batch["number"],
            self._channel,
            payload,
            self._most,
            batch["buried"],
            len(batch["leaves"]),
        )
        return _appended(answer)

    async def beat(self, epoch: str, process: str) -> Beat:
        """Be heard of."""
        standing, tip, online, overdue = await self._run("beat", epoch, process)
        names = [name.decode() for name in overdue]
        return Beat(epoch, process, Standing(standing.decode()), parse_place(tip), online, names)

    async def members(self, process: str) -> list[str]:
        """Return the ids of a process's members."""
        found: Any = await self._redis.smembers(f"{PREFIX}members:{process}")
        return sorted(member.decode() for member in found)

    async def resign(self, process: str) -> None:
        """Take part no longer; members that are left are announced by the others."""
        await self._run("resign", process)

    async def since(self, epoch: str, place: Place) -> Page | None:
        """Read the batches behind a place; None if this Redis is in another epoch."""
        milliseconds, number = place
        found = await self._run("since", epoch, f"{milliseconds}-{number + 1}", PAGE_BYTES)
        if found is None:
            return None
        forgotten, batches = found
        return Page(parse_place(forgotten), [(parse_place(id_), body) for id_, body in batches])

    async def _run(self, name: str, *arguments: Any) -> Any:
        return await self._scripts[name](keys=[PREFIX], args=arguments)


def _appended(answer: list[Any]) -> Appended:
    standing, *where = answer
    if not where:
        return Appended(Standing(standing.decode()))
    prev, place, is_told = where
    return Appended(Standing.OK, parse_place(prev), parse_place(place), is_told=bool(is_told))


def parse_place(text: bytes) -> Place:
    """Read the id of a stream's entry, milliseconds-number; later ones compare greater."""
    milliseconds, number = text.split(b"-")
    return int(milliseconds), int(number)
