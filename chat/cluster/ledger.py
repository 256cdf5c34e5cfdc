"""The room's order in Redis: every batch has a place in a stream, and can be read again there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chat.cluster.answers import Appended, Beat, Page, Place, Snapshot, Standing, parse_place
from chat.cluster.batch import LEAST_VERSION
from chat.cluster.line import Line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PREFIX: Final = "wschat:"
# Bytes of batches read at once when a gap is closed, one more batch at most: a slow link has to
# carry them within CALL_SECONDS.
PAGE_BYTES: Final = 128 * 1024

_LUA = Path(__file__).parent / "lua"


class Ledger:
    """The scripts that read and write the order, each one atomic.

    Every method but `close` may raise one of REDIS_ERRORS; what it was to do may have been done.
    """

    def __init__(self, host: dict[str, Any], channel: str, replay_bytes: int) -> None:
        self._channel = channel
        self._most = replay_bytes
        clock = (_LUA / "clock.lua").read_text()
        scripts = {path.stem: clock + path.read_text() for path in _LUA.glob("*.lua")}
        # Neither a batch nor a beat waits until a gap is read.
        self._publishing, self._beating, self._others = (Line(host, scripts) for _ in range(3))

    async def close(self) -> None:
        """Close the connections."""
        for line in (self._publishing, self._beating, self._others):
            await line.close()

    async def register(
        self,
        process: str,
        silence: float,
        number: int,
        rosters: Mapping[str, Collection[str]],
        reads: int = LEAST_VERSION,
    ) -> str:
        """Take part from now on; return the epoch.

        Args:
            process: who takes part.
            silence: after how many seconds a process that is not heard of counts as dead.
            number: that of the process's last batch of which `rosters` tells.
            rosters: its members, and those of other processes as far as they are known.
            reads: the latest version of batches that it can read.

        """
        flat: list[str | int] = []
        for name, members in {process: (), **rosters}.items():
            flat += [name, len(members), *members]
        epoch: bytes = await self._run(
            "register", process, int(silence * 1000), number, reads, *flat
        )
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
        """Publish a batch, unless its number shows that it is published."""
        joins = [member for _, member in batch["joins"]]
        answer = await self._publishing.run(
            "append",
            PREFIX,
            epoch,
            batch["process"],
            batch["number"],
            self._channel,
            payload,
            self._most,
            batch["version"],
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
            batch["version"],
            batch["buried"],
            len(batch["leaves"]),
        )
        return _appended(answer)

    async def beat(self, epoch: str, process: str) -> Beat:
        """Be heard of."""
        sent_at = time.monotonic()
        answer = await self._beating.run("beat", PREFIX, epoch, process)
        standing, tip, online, reads, overdue = answer
        return Beat(
            sent_at,
            epoch,
            process,
            Standing(standing.decode()),
            parse_place(tip),
            online,
            reads,
            [name.decode() for name in overdue],
        )

    async def members(self, process: str) -> list[str]:
        """Return the ids of a process's members."""
        return sorted(member.decode() for member in await self._run("members", process))

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
        return await self._others.run(name, PREFIX, *arguments)


def _appended(answer: list[Any]) -> Appended:
    standing, *where = answer
    if not where:
        return Appended(Standing(standing.decode()))
    prev, place, is_told = where
    return Appended(Standing.OK, parse_place(prev), parse_place(place), is_told=bool(is_told))
