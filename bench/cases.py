"""The cases: what members do to a server, and which figure comes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.measured import Measured
from bench.watch import Busy, MemoryWatch
from chat.load import ClosedLoop, Crowd, Joining, OpenLoop, parse_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench.process import ServerProcess
    from chat.load import Chatted, Joined

MIB = 1024 * 1024
SETTLE_SECONDS = 3.0
IDLE_SECONDS = 2.0
DEAF_BUFFER = 4096


@dataclass(frozen=True, slots=True)
class Case:
    """A case by the name that `--case` takes, and the unit of its figure."""

    name: str
    title: str
    unit: str
    measure: Callable[[ServerProcess, float], Awaitable[Measured]]


def chatting(members: int, senders: int) -> Callable[[ServerProcess, float], Awaitable[Measured]]:
    """Make a closed loop: so many members, so many of them senders with 4 chats under way."""

    async def measure(server: ServerProcess, seconds: float) -> Measured:
        async with Crowd(parse_address(server.url)) as crowd:
            joined = await Joining(crowd, members).run(settle=SETTLE_SECONDS)
            busy = Busy(server)
            chatted = await ClosedLoop(crowd, senders).run(seconds)
            result = chat_result(joined, chatted, chatted.deliveries_per_second)
            return replace(result, server_cpu=busy.share)

    return measure


async def pace(server: ServerProcess, seconds: float) -> Measured:
    """1000 members, 100 chats a second whatever comes: the 99th percentile of latency."""
    async with Crowd(parse_address(server.url)) as crowd:
        joined = await Joining(crowd, 1000).run(settle=SETTLE_SECONDS)
        busy = Busy(server)
        chatted = await OpenLoop(crowd, rate=100, senders=100).run(seconds)
        result = chat_result(joined, chatted, chatted.latencies.percentile(99))
    result.facts["p50"] = chatted.latencies.percentile(50)
    return replace(result, server_cpu=busy.share)


async def join(server: ServerProcess, seconds: float) -> Measured:
    """1000 members join, 64 handshakes at a time, until everyone has heard of everyone."""
    del seconds
    async with Crowd(parse_address(server.url)) as crowd:
        joined = await Joining(crowd, 1000).run(settle=SETTLE_SECONDS)
    return Measured(
        value=joined.seconds,
        lost=joined.missed,
        note=first_problem(joined.problems),
        facts={"p99 of one join (ms)": joined.connect.percentile(99)},
    )


async def idle(server: ServerProcess, seconds: float) -> Measured:
    """5000 members do nothing: what the server's memory grew by, for each."""
    del seconds
    address = parse_address(server.url)
    async with Crowd(address) as crowd:
        await Joining(crowd, 10).run(settle=SETTLE_SECONDS)
    await asyncio.sleep(1)
    before = server.resident
    async with Crowd(address) as crowd:
        joined = await Joining(crowd, 5000).run(settle=SETTLE_SECONDS)
        await asyncio.sleep(IDLE_SECONDS)
        grown = server.resident - before
    problem = first_problem(joined.problems)
    return Measured(grown / 1024 / 5000, lost=joined.missed, note=problem)


async def deaf(server: ServerProcess, seconds: float) -> Measured:
    """One member of 100 never reads: the rate of the others against their rate without it."""
    async with Crowd(parse_address(server.url)) as crowd:
        await Joining(crowd, 99).run(settle=SETTLE_SECONDS)
        without = await ClosedLoop(crowd, 32).run(seconds)
        joining = Joining(crowd, 1, receive_buffer=DEAF_BUFFER)
        joined = await joining.run(settle=SETTLE_SECONDS)
        stalled = joining.members[0]
        crowd.deafen(stalled)
        async with MemoryWatch(server) as memory:
            chatted = await ClosedLoop(crowd, 32).run(seconds)
            gone = await crowd.quiet(lambda: crowd.has_left(stalled.uuid), SETTLE_SECONDS)
    rate = chatted.deliveries_per_second / without.deliveries_per_second
    result = chat_result(joined, chatted, rate)
    result.facts.update({"gone": float(gone), "growth": memory.growth / MIB})
    return result


def chat_result(joined: Joined, chatted: Chatted, value: float) -> Measured:
    """Put a run's figure together with what was lost on the way to it and during it."""
    return Measured(
        value=value,
        lost=joined.missed + chatted.lost + chatted.extra + chatted.garbled,
        note=first_problem(joined.problems | chatted.problems),
        load_cpu=chatted.load_cpu,
        facts={"lost share": chatted.lost_share, "same stream": float(chatted.same_stream)},
    )


def first_problem(problems: dict[str, int]) -> str:
    """Tell the most frequent of the problems that connections had."""
    if not problems:
        return ""
    kind = max(problems, key=problems.__getitem__)
    return f"{problems[kind]} times: {kind}"


CASES = (
    Case("chat-100", "100 members, 32 senders, 4 outstanding", "deliveries/s", chatting(100, 32)),
    Case(
        "chat-1000", "1000 members, 100 senders, 4 outstanding", "deliveries/s", chatting(1000, 100)
    ),
    Case("chat-10", "10 members, all sending, same", "deliveries/s", chatting(10, 10)),
    Case("join-1000", "1000 join, 64 handshakes at a time", "s", join),
    Case("pace-1000", "1000 members, 100 chats/s: p99", "ms", pace),
    Case("idle-5000", "memory of each of 5000 idle members", "KiB", idle),
    Case("deaf-100", "rate while one of 100 never reads", "of the rate without", deaf),
)
