"""Members that leave and come back at a rate: what hurts chat servers is a storm under chat."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import TYPE_CHECKING

from wschat_tools.load.crowd import LEFT
from wschat_tools.load.door import Door
from wschat_tools.load.frames import GOODBYE
from wschat_tools.load.notices import streams
from wschat_tools.load.quiet import quiet
from wschat_tools.load.speakers import now_ns

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from wschat_tools.load.crowd import Crowd
    from wschat_tools.load.errors import LoadError
    from wschat_tools.load.member import Member

STEP_SECONDS = 0.005


class Churn:
    """`per_second` of `members` leave, the one that has been there longest first, and come back.

    `left` are the ids of those who left, `back` how many have come back, and `refusals` why others
    could not.
    """

    def __init__(self, crowd: Crowd, members: Iterable[Member], per_second: float) -> None:
        self.left: list[bytes] = []
        self.back = 0
        self.refusals: Counter[str] = Counter()
        self._crowd = crowd
        self._pool = deque(members)
        self._per_second = per_second

    async def run(self, seconds: float) -> None:
        """Let them leave and come back for so long; then only let in who is on the way."""
        began = now_ns()
        async with Door(self._crowd.address, self._admit, self._refuse) as door:
            while True:
                passed = min(seconds, (now_ns() - began) / 1e9)
                due = int(passed * self._per_second)
                while len(self.left) < due and self._pool and self._crowd.going:
                    self._leave_one(door)
                await asyncio.sleep(STEP_SECONDS)

    @property
    def unheard(self) -> int:
        """How many leaves nobody has been told of."""
        heard: set[bytes] = set().union(*(stream.left for stream in streams(self._crowd)))
        return sum(uuid not in heard for uuid in self.left)

    async def settle(self, patience: float) -> None:
        """Wait until all are back and all leaves heard, or nothing comes for so many seconds."""
        await quiet(self._crowd, self._all_back, patience, lambda: self.back - self.unheard)

    def _all_back(self) -> bool:
        back = self.back + sum(self.refusals.values()) >= len(self.left)
        return back and all(m.uuid or m.closed for m in self._pool) and not self.unheard

    def _leave_one(self, door: Door) -> None:
        member = self._pool.popleft()
        if member.closed or not member.uuid:
            return
        self.left.append(member.uuid)
        self._crowd.send(member, GOODBYE)
        self._crowd.drop(member, LEFT)
        door.open()

    def _admit(self, sock: socket.socket, opened_ns: int, rest: bytes) -> None:
        self.back += 1
        self._pool.append(self._crowd.admit(sock, opened_ns, rest))

    def _refuse(self, error: LoadError) -> None:
        self.refusals[str(error)] += 1
