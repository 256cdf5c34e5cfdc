"""Bring members in, and verify that everyone who was there hears of each."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from wschat_tools.load.door import Door
from wschat_tools.load.errors import ChatError, ConnectError, LoadError
from wschat_tools.load.latencies import Latencies
from wschat_tools.load.notices import all_heard, heard_again, missed_pairs, notices_heard
from wschat_tools.load.quiet import quiet
from wschat_tools.load.results import Joined
from wschat_tools.load.speakers import now_ns

if TYPE_CHECKING:
    import socket

    from wschat_tools.load.crowd import Crowd
    from wschat_tools.load.member import Member

AT_ONCE = 64
PATIENCE_SECONDS = 10.0
FIRST_TLS_SECONDS = 5.0
RAMP_STEP_SECONDS = 0.01


class Joining:
    """`count` members join `crowd`, `at_once` handshakes at a time, `per_second` if that is given.

    The first comes in alone, so that the room has someone who hears of all others, and so that a
    server that is none is found out before it is stormed.
    """

    def __init__(
        self,
        crowd: Crowd,
        count: int,
        at_once: int = AT_ONCE,
        *,
        per_second: float | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        self.members: list[Member] = []
        self._crowd = crowd
        self._count = count
        self._at_once = at_once
        self._per_second = per_second
        self._receive_buffer = receive_buffer
        self._may_open = 1
        self._opened = 0
        self._refusals: list[LoadError] = []
        self._door = Door(crowd.address, self._admit, self._refuse)

    async def run(
        self, patience: float = PATIENCE_SECONDS, settle: float = PATIENCE_SECONDS
    ) -> Joined:
        """Join, and wait until all have heard of all.

        Give up joining when nothing has come for `patience` seconds, and hearing after `settle`.

        Raises:
            LoadError: if the first member could not join.

        """
        started = now_ns()
        async with self._door:
            await self._first(patience)
            await self._let_in()
            await quiet(self._crowd, self._all_in, patience, self._arrived)
            self._door.give_up("before the run was stopped" if self._crowd.stopped else "in time")
        heard, notices = partial(all_heard, self._crowd), partial(notices_heard, self._crowd)
        if not await quiet(self._crowd, heard, settle, notices):
            self._crowd.reference.split_pending()
        return self._result((self._crowd.last_ns - started) / 1e9)

    async def _first(self, patience: float) -> None:
        self._open_more()
        if self._crowd.address.tls:  # which servers without TLS wait for in silence
            patience = min(patience, FIRST_TLS_SECONDS)
        if not await quiet(self._crowd, self._first_in, patience):
            self._door.give_up()
        if self._refusals:
            raise self._refusals[0]
        if not self.members:
            raise ConnectError(f"{self._crowd.address}: stopped before anybody joined")
        if self.members[0].closed:
            raise ChatError(f"{self._crowd.address}: {self.members[0].reason}")
        if not self.members[0].uuid:
            raise ChatError(
                f"{self._crowd.address}: got no message within {patience:g} s of joining, "
                "expected one's own connect"
            )

    async def _let_in(self) -> None:
        """Allow all to come, or more and more of them."""
        began = now_ns()
        while self._per_second and self._may_open < self._count and self._crowd.going:
            await asyncio.sleep(RAMP_STEP_SECONDS)
            due = 1 + int((now_ns() - began) / 1e9 * self._per_second)
            self._may_open = min(self._count, due)
            self._open_more()
        self._may_open = self._count
        self._open_more()

    def _first_in(self) -> bool:
        return bool(self._refusals or self.members) and self._all_named()

    def _all_in(self) -> bool:
        return len(self.members) + len(self._refusals) == self._count and self._all_named()

    def _arrived(self) -> int:
        return len(self.members) + len(self._refusals) + sum(bool(m.uuid) for m in self.members)

    def _all_named(self) -> bool:
        return all(member.uuid or member.closed for member in self.members)

    def _admit(self, sock: socket.socket, opened_ns: int, rest: bytes) -> None:
        self.members.append(self._crowd.admit(sock, opened_ns, rest))
        self._open_more()

    def _refuse(self, error: LoadError) -> None:
        self._refusals.append(error)
        self._open_more()

    def _open_more(self) -> None:
        while (
            self._opened < self._may_open
            and self._door.waiting < self._at_once
            and not self._crowd.stopped
        ):
            self._opened += 1
            self._door.open(self._receive_buffer)

    def _result(self, seconds: float) -> Joined:
        named = [m for m in self.members if m.uuid]
        problems = self._crowd.problems + Counter(str(error) for error in self._refusals)
        wanted = self._opened if self._crowd.stopped else self._count
        # Who is stopped while notices are on their way cannot tell who would not have got them.
        unheard = 0 if self._crowd.stopped else missed_pairs(self._crowd)
        return Joined(
            members=len(named),
            seconds=seconds,
            notices=notices_heard(self._crowd),
            missed=unheard + wanted - len(named),
            unheard=unheard,
            again=heard_again(self._crowd),
            connect=Latencies(m.ready_ns - m.opened_ns for m in named),
            same_stream=self._crowd.same_stream,
            problems=dict(problems),
        )
