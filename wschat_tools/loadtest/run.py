"""Carry out a plan: join, chat, wait for what is due."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from wschat_tools.load import ClosedLoop, Crowd, Joining, OpenLoop, Volley
from wschat_tools.load.churn import Churn
from wschat_tools.load.slow import RECEIVE_BUFFER, read_slowly
from wschat_tools.load.speakers import UNICODE, now_ns
from wschat_tools.loadtest.report import Report
from wschat_tools.loadtest.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import TypeVar

    from wschat_tools.load import Address, Chatted, Joined
    from wschat_tools.load.member import Member
    from wschat_tools.loadtest.plan import Plan

    T = TypeVar("T")

QUIET_SECONDS = 5.0
SPARE_SECONDS = 0.5
# Some servers send a newcomer its connect before they send it what others say.
LET_IN_SECONDS = 0.1


class Run:
    """One load test under way; whoever shows its progress may look at it at any time."""

    def __init__(self, address: Address, plan: Plan) -> None:
        self.address = address
        self.plan = plan
        self.crowd = Crowd(address)
        self.timeline = Timeline(self.crowd)
        self.joining = True
        self.interrupted = False
        self._chat_began_ns = 0
        self._volley: Volley | None = None
        self._churn: Churn | None = None
        self._slow: list[Member] = []
        self._refusals: Counter[str] = Counter()

    def interrupt(self) -> None:
        """End early, with what there is."""
        self.interrupted = True
        self.crowd.stop()

    @property
    def progress(self) -> float:
        """How far the present part is, from 0 to 1."""
        if self.joining:
            return min(1.0, len(self.crowd.members) / self.plan.reading)
        if self.plan.is_volley:
            return min(1.0, self.heard / max(1, self.plan.chats or 0))
        return min(1.0, (now_ns() - self._chat_began_ns) / 1e9 / self.plan.seconds)

    @property
    def heard(self) -> int:
        """How many chats of ours the room has heard."""
        stream = self.crowd.reference.stream
        return stream.chats_before(stream.end)

    async def run(self) -> Report:
        """Carry it out.

        Raises:
            LoadError: if not even the first connection could join.

        """
        began = now_ns()
        async with self.crowd:
            joined, chatted = await (self._volley_run() if self.plan.is_volley else self._loop())
            return self._report(joined, chatted, (now_ns() - began) / 1e9)

    def _report(self, joined: Joined, chatted: Chatted, seconds: float) -> Report:
        crowd, churn = self.crowd, self._churn
        refusals = self._refusals + (churn.refusals if churn else Counter())
        return Report(
            address=str(self.address),
            plan=self.plan,
            joined=joined,
            chatted=chatted,
            seconds=seconds,
            present=sum(bool(m.uuid) and not m.slow for m in crowd.members.values()),
            unfinished=self._volley.failed if self._volley else 0,
            interrupted=self.interrupted,
            errors=dict((refusals + crowd.problems).most_common()),
            reconnected=churn.back if churn else 0,
            leaves_unheard=churn.unheard if churn else 0,
            slow_present=sum(not member.closed for member in self._slow),
            slow_ends=dict(crowd.slow_problems.most_common()),
            moments=tuple(self.timeline.moments),
        )

    async def _volley_run(self) -> tuple[Joined, Chatted]:
        plan = self.plan
        volley = Volley(self.crowd, plan.each, plan.size, plan.speaking, UNICODE)
        self._volley = volley
        self.timeline.begin(volley)
        if not plan.same_start:
            self.crowd.reference.named = volley.start
        joined = await self._join()
        if plan.same_start:
            for member in list(self.crowd.members.values())[: plan.speaking]:
                volley.start(member)
        slow = asyncio.create_task(read_slowly(self.crowd, self._slow))
        try:
            return joined, await self._within(plan.patience, volley.finish(plan.patience))
        finally:
            slow.cancel()
            self.timeline.end()

    async def _loop(self) -> tuple[Joined, Chatted]:
        plan = self.plan
        joined = await self._join()
        loop: OpenLoop | ClosedLoop
        if plan.rate is not None:
            loop = OpenLoop(self.crowd, plan.rate, plan.speaking, plan.size, UNICODE)
        else:
            loop = ClosedLoop(self.crowd, plan.speaking, size=plan.size, sample=UNICODE)
        others = [asyncio.create_task(read_slowly(self.crowd, self._slow))]
        if plan.reconnect:
            listening = list(self.crowd.members.values())[plan.speaking : plan.reading]
            self._churn = Churn(self.crowd, listening, plan.reconnect)
            others.append(asyncio.create_task(self._churn.run(plan.seconds)))
        self._chat_began_ns = now_ns()
        self.timeline.begin(loop)
        quiet = min(plan.patience, QUIET_SECONDS)
        try:
            running = loop.run(plan.seconds, 0.0, quiet)
            chatted = await self._within(plan.seconds + plan.patience, running)
            if self._churn is not None:
                await self._within(plan.patience, self._churn.settle(quiet))
        finally:
            self.timeline.end()
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        return joined, chatted

    async def _join(self) -> Joined:
        plan = self.plan
        joining = Joining(self.crowd, plan.reading, per_second=plan.ramp)
        ramp = plan.reading / plan.ramp if plan.ramp else 0.0
        settle = min(plan.patience, QUIET_SECONDS)
        longest = ramp + plan.patience + settle + SPARE_SECONDS
        joined = await self._within(longest, joining.run(plan.patience, settle))
        if plan.slow and self.crowd.going:
            late = Joining(self.crowd, plan.slow, receive_buffer=RECEIVE_BUFFER)
            await self._within(longest, late.run(plan.patience, settle))
            self._slow = [member for member in late.members if not member.closed]
            for member in self._slow:
                self.crowd.slow_down(member)
        if plan.same_start or not plan.is_volley:
            await asyncio.sleep(LET_IN_SECONDS)
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
