"""The cases: what members do to a server, and which figure comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.idle import idle, rest
from bench.measured import Measured, first_problem
from bench.watch import Busy, MemoryWatch
from wschat_tools.load import ClosedLoop, Crowd, Joining, OpenLoop, parse_address
from wschat_tools.load.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench.process import ServerProcess
    from wschat_tools.load import Chatted, Joined

    Measure = Callable[[ServerProcess, float], Awaitable[Measured]]

MIB = 1024 * 1024
SETTLE_SECONDS = 3.0
DEAF_BUFFER = 4096


@dataclass(frozen=True, slots=True)
class Case:
    """A case by the name that `--case` takes, and the unit of its figure."""

    name: str
    title: str
    unit: str
    measure: Measure


def chatting(members: int, senders: int, outstanding: int = 4) -> Measure:
    """Make a closed loop: so many members, senders among them, and chats under way of each."""

    async def measure(server: ServerProcess, seconds: float) -> Measured:
        async with Crowd(parse_address(server.url)) as crowd:
            joined = await Joining(crowd, members).run(settle=SETTLE_SECONDS)
            busy = Busy(server)
            chatted = await ClosedLoop(crowd, senders, outstanding).run(seconds)
            result = chat_result(joined, chatted, chatted.deliveries_per_second)
            return replace(result, server_cpu=busy.share)

    return measure


async def ping_pong(server: ServerProcess, seconds: float) -> Measured:
    """2 members, one chat under way: the median of its way there and back."""
    async with Crowd(parse_address(server.url)) as crowd:
        joined = await Joining(crowd, 2).run(settle=SETTLE_SECONDS)
        chatted = await ClosedLoop(crowd, senders=1, outstanding=1).run(seconds)
        result = chat_result(joined, chatted, chatted.latencies.percentile(50))
    result.facts["p99"] = chatted.latencies.percentile(99)
    return result


async def ping_pong_work(server: ServerProcess, seconds: float) -> Measured:
    """2 members, one chat under way: the processor time that the server takes for each."""
    async with Crowd(parse_address(server.url)) as crowd:
        joined = await Joining(crowd, 2).run(settle=SETTLE_SECONDS)
        before = server.cpu_seconds
        chatted = await ClosedLoop(crowd, senders=1, outstanding=1).run(seconds)
        chats = chatted.deliveries_per_second * seconds / 2
        used = (server.cpu_seconds - before) / chats if chats else 0.0
        return chat_result(joined, chatted, used * 1e6)


async def work(server: ServerProcess, seconds: float) -> Measured:
    """1000 members, 100 chats a second: the processor time that the server takes for it."""
    async with Crowd(parse_address(server.url)) as crowd:
        joined = await Joining(crowd, 1000).run(settle=SETTLE_SECONDS)
        busy = Busy(server)
        chatted = await OpenLoop(crowd, rate=100, senders=100).run(seconds)
        share = busy.share
        return replace(chat_result(joined, chatted, share * 1000), server_cpu=share)


async def pace(server: ServerProcess, seconds: float) -> Measured:
    """1000 members, 100 chats a second whatever comes: the 99th percentile of latency."""
    async with Crowd(parse_address(server.url)) as crowd:
        joined = await Joining(crowd, 1000).run(settle=SETTLE_SECONDS)
        busy = Busy(server)
        chatted = await OpenLoop(crowd, rate=100, senders=100).run(seconds)
        result = chat_result(joined, chatted, chatted.latencies.percentile(99))
    result.facts["p50"] = chatted.latencies.percentile(50)
    return replace(result, server_cpu=busy.share)


def join(members: int) -> Measure:
    """Make so many members join, 64 handshakes at a time, until everyone has heard of everyone."""

    async def measure(server: ServerProcess, seconds: float) -> Measured:
        del seconds
        async with Crowd(parse_address(server.url)) as crowd:
            joined = await Joining(crowd, members).run(settle=SETTLE_SECONDS)
        return Measured(
            value=joined.seconds,
            lost=joined.missed,
            error=first_problem(joined.problems),
            facts={"p99 of one join (ms)": joined.connect.percentile(99)},
        )

    return measure


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
            gone = await quiet(crowd, lambda: crowd.has_left(stalled.uuid), SETTLE_SECONDS)
    rate = chatted.deliveries_per_second / without.deliveries_per_second
    result = chat_result(joined, chatted, rate)
    result.facts.update({"gone": float(gone), "growth": memory.growth / MIB})
    return result


def chat_result(joined: Joined, chatted: Chatted, value: float) -> Measured:
    """Put a run's figure together with what was lost on the way to it and during it."""
    return Measured(
        value=value,
        lost=joined.missed + chatted.lost + chatted.extra + chatted.garbled,
        error=first_problem(joined.problems | chatted.problems),
        load_cpu=chatted.load_cpu,
        facts={"lost share": chatted.lost_share, "same stream": float(chatted.same_stream)},
    )


CASES = (
    Case("chat-100", "100 members, 32 senders, 4 outstanding", "deliveries/s", chatting(100, 32)),
    Case(
        "chat-1000", "1000 members, 100 senders, 4 outstanding", "deliveries/s", chatting(1000, 100)
    ),
    Case("chat-10", "10 members, all sending, same", "deliveries/s", chatting(10, 10)),
    Case(
        "chat-5000",
        "5000 members, 100 senders, 1 outstanding",
        "deliveries/s",
        chatting(5000, 100, 1),
    ),
    Case("chat-10000", "10,000 members, same", "deliveries/s", chatting(10000, 100, 1)),
    Case("ping-pong", "2 members, ping-pong: p50", "ms", ping_pong),
    Case("ping-pong-work", "2 members, ping-pong: processor time", "µs a chat", ping_pong_work),
    Case("pace-1000", "1000 members, 100 chats/s: p99", "ms", pace),
    Case("work-1000", "1000 members, 100 chats/s: processor time", "ms a second", work),
    Case("join-1000", "1000 join, 64 handshakes at a time", "s", join(1000)),
    Case("join-5000", "5000 join, same", "s", join(5000)),
    Case("join-10000", "10,000 join, same", "s", join(10000)),
    Case("idle-5000", "memory of each of 5000 idle members", "KiB", idle),
    Case("rest-5000", "5000 idle members: processor time", "ms in 10 s", rest),
    Case("deaf-100", "rate while one of 100 never reads", "of the rate without", deaf),
)
