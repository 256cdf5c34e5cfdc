"""Carry out a plan: join, chat, wait for what is due."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from chat.load import ClosedLoop, Crowd, Joining, OpenLoop, Volley
from chat.load.speakers import now_ns
from chat.loadtest.report import Report

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import TypeVar

    from chat.load import Address, Chatted, Joined
    from chat.loadtest.plan import Plan

    T = TypeVar("T")

QUIET_SECONDS = 5.0


class Run:
    """One load test under way; whoever shows its progress may look at it at any time."""

    def __init__(self, address: Address, plan: Plan) -> None:
        self.address = address
        self.plan = plan
        self.crowd = Crowd(address)
        self.joining = True
        self.interrupted = False
        self._chat_began_ns = 0
        self._volley: Volley | None = None
        self._refusals: Counter[str] = Counter()

    def interrupt(self) -> None:
        """End early, with what there is."""
        self.interrupted = True
        self.crowd.stop()

    @property
    def progress(self) -> float:
        """How far the present part is, from 0 to 1."""
        if self.joining:
            return min(1.0, len(self.crowd.members) / self.plan.connections)
        if self._is_volley:
            return min(1.0, self.heard / max(1, self.plan.chats or 0))
        return min(1.0, (now_ns() - self._chat_began_ns) / 1e9 / self.plan.seconds)

    @property
    def heard(self) -> int:
        """How many chats of ours the room has heard."""
        stream = self.crowd.reference.stream
        return stream.chats_forgotten + len(stream.chat_ends)

    async def run(self) -> Report:
        """Carry it out.

        Raises:
            LoadError: if not even the first connection could join.

        """
        began = now_ns()
        async with self.crowd:
            joined, chatted = await self._volley_run() if self._is_volley else await self._loop()
            return Report(
                address=str(self.address),
                plan=self.plan,
                joined=joined,
                chatted=chatted,
                seconds=(now_ns() - began) / 1e9,
                present=sum(bool(member.uuid) for member in self.crowd.members.values()),
                unfinished=self._volley.failed if self._volley else 0,
                interrupted=self.interrupted,
                errors=dict((self._refusals + self.crowd.problems).most_common()),
            )

    @property
    def _is_volley(self) -> bool:
        return self.plan.rate is None and self.plan.duration is None

    async def _volley_run(self) -> tuple[Joined, Chatted]:
        plan = self.plan
        self._volley = volley = Volley(self.crowd, plan.mpc, plan.size, plan.speaking)
        if not plan.same_start:
            self.crowd.reference.named = volley.start
        joined = await self._join()
        if plan.same_start:
            for member in list(self.crowd.members.values()):
                volley.start(member)
        return joined, await self._within(plan.patience, volley.finish(plan.patience))

    async def _loop(self) -> tuple[Joined, Chatted]:
        plan = self.plan
        joined = await self._join()
        loop: OpenLoop | ClosedLoop
        if plan.rate is not None:
            loop = OpenLoop(self.crowd, plan.rate, plan.speaking, plan.size)
        else:
            loop = ClosedLoop(self.crowd, plan.speaking, size=plan.size)
        self._chat_began_ns = now_ns()
        running = loop.run(plan.seconds, 0.0, min(plan.patience, QUIET_SECONDS))
        return joined, await self._within(plan.seconds + plan.patience, running)

    async def _join(self) -> Joined:
        plan = self.plan
        joining = Joining(self.crowd, plan.connections, per_second=plan.ramp)
        ramp = plan.connections / plan.ramp if plan.ramp else 0.0
        settle = min(plan.patience, QUIET_SECONDS)
        joined = await self._within(ramp + plan.patience, joining.run(plan.patience, settle))
        self.joining = False
        self._refusals = Counter(joined.problems) - self.crowd.problems
        return joined

    async def _within(self, seconds: float, part: Awaitable[T]) -> T:
        """Let a part of the run end by itself, or after `seconds` with what it has."""
        limit = asyncio.get_running_loop().call_later(seconds, self.crowd.stop)
        try:
            return await part
        finally:
            limit.cancel()
            self.crowd.stopped = self.interrupted
