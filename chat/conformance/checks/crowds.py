"""Many at once: one order for all, and nobody missed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chat.conformance.check import must
from chat.conformance.checks.leaving import WAYS
from chat.conformance.errors import Difference, SilentError, expect

if TYPE_CHECKING:
    from chat.conformance.connection import Connection
    from chat.conformance.heard import Heard
    from chat.conformance.room import Room

TALKERS = 12
WORDS = 40
CROWD = 40
STORM = 150
AT_ONCE = 25
# Some servers send a newcomer its connect before they send it what others say.
LET_IN_SECONDS = 0.1


@must("own-order", "what one member says comes in the order in which it was said")
async def own_order(room: Room) -> None:
    """Say a hundred things in one go."""
    anna, bert = await room.join_each(2)
    said = [f"word {number}" for number in range(100)]
    for contents in said:
        room.say(anna, contents)
    for member in (anna, bert):
        got = [message.contents for message in await room.hear_chats(member, len(said))]
        wrong = next((n for n, word in enumerate(got) if word != said[n]), None)
        if wrong is not None:
            raise Difference(f"{said[wrong]!r} as number {wrong}", got[wrong])


@must("same-order-for-all", "all members hear everything in the same order")
async def same_order_for_all(room: Room) -> None:
    """Let a dozen talk at the same time."""
    members = await room.join_each(TALKERS)

    async def talk(number: int, member: Connection) -> None:
        for count in range(WORDS):
            room.say(member, f"{number} {count}")
            await asyncio.sleep(0 if count % 5 else 0.001)

    async with asyncio.TaskGroup() as group:
        for number, member in enumerate(members):
            group.create_task(talk(number, member))
        logs = [group.create_task(room.hear_chats(m, TALKERS * WORDS)) for m in members]
    first, *others = [[message.contents for message in log.result()] for log in logs]
    for other in others:
        apart = next((n for n, word in enumerate(first) if word != other[n]), None)
        if apart is not None:
            words = f"{first[apart]!r} at one member and {other[apart]!r} at another"
            raise Difference("one order of all chats", f"as chat {apart}: {words}")


@must("joins-at-once", "of two who join at the same moment, one hears of the other")
async def joins_at_once(room: Room) -> None:
    """Let a crowd in through one door."""
    (witness,) = await room.join_each(1)
    members = await asyncio.gather(*(room.join() for _ in range(CROWD)))
    logs = await _logs(room, witness, list(members))
    heard = {m.id: {n.contents for n in log if n.action == "connect"} for m, log in logs}
    deaf = [
        (one.id, other.id)
        for number, one in enumerate(members)
        for other in members[number + 1 :]
        if other.id not in heard[one.id] and one.id not in heard[other.id]
    ]
    pairs = CROWD * (CROWD - 1) // 2
    expect(not deaf, "each pair to know of each other", f"{len(deaf)} of {pairs} pairs do not")


@must("nothing-missed", "from its own connect on a member hears everything")
async def nothing_missed(room: Room) -> None:
    """Join while others join and one talks; compare with somebody who was there before."""
    (witness,) = await room.join_each(1)
    done = asyncio.Event()

    async def talk() -> None:
        number = 0
        while not done.is_set():
            room.say(witness, f"while you join {number}")
            number += 1
            await asyncio.sleep(0.001)

    talking = asyncio.create_task(talk())
    try:
        members = await asyncio.gather(*(room.join() for _ in range(CROWD)))
    finally:
        done.set()
        await talking
    (_, whole), *logs = await _logs(room, witness, [witness, *members])
    for member, log in logs:
        place = next(n for n, m in enumerate(whole) if m.contents == member.id)
        expected = [message.raw for message in whole[place + 1 :]]
        got = [message.raw for message in log]
        missed = len(set(expected) - set(got))
        text = f"{missed} of {len(expected)} not" if missed else "another order, or more"
        expect(got == expected, f"all {len(expected)} messages after its connect", text)


async def _logs(
    room: Room, witness: Connection, members: list[Connection]
) -> list[tuple[Connection, list[Heard]]]:
    """Return what each has heard until a mark that all must hear; about our people alone."""
    await asyncio.sleep(LET_IN_SECONDS)
    last = room.mark(witness)
    logs: list[tuple[Connection, list[Heard]]] = []
    for member in members:
        log: list[Heard] = []
        while (message := await member.hear()).contents != last:
            if room.concerns(message) and not room.is_mark(message):
                log.append(message)
        logs.append((member, log))
    return logs


@must("storm", "in a storm of joins and leaves everyone is announced once, and no chat is lost")
async def storm(room: Room) -> None:
    """Let many come, talk and go in every way, while one talks."""
    witness, talker = await room.join_each(2)
    done = asyncio.Event()
    said: list[str] = []
    visitors: list[str] = []
    ways = list(WAYS.values())

    async def talk() -> None:
        while not done.is_set():
            said.append(f"busy {len(said)}")
            room.say(talker, said[-1])
            await asyncio.sleep(0.005)

    async def visit(number: int, gate: asyncio.Semaphore) -> None:
        async with gate:
            visitor = await room.join()
            visitors.append(visitor.id)
            words = f"here is {number}"
            room.say(visitor, words)
            await _hear_own(room, visitor, words)
            ways[number % len(ways)](visitor)

    async def let_in() -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.TaskGroup() as visits:
                for number in range(STORM):
                    visits.create_task(visit(number, gate))
        finally:
            done.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(talk())
        group.create_task(let_in())
        logs = [group.create_task(_weather(room, m, done)) for m in (witness, talker)]
    for log in logs:
        _check_storm(log.result(), visitors, said)


async def _hear_own(room: Room, visitor: Connection, words: str) -> None:
    try:
        async with asyncio.timeout(room.timeout):
            await room.hear_until(visitor, lambda message: message.contents == words)
    except TimeoutError:
        text = f"a chat that was not back at its sender within {room.timeout:g} s"
        raise SilentError(text) from None


async def _weather(room: Room, member: Connection, done: asyncio.Event) -> list[Heard]:
    """Return everything until the storm is over and all who came have gone."""
    heard: list[Heard] = []
    left = 0
    while left < STORM:
        heard.append(await member.hear())
        left += heard[-1].is_leave and heard[-1].contents in room.ids
    await done.wait()
    mark = room.mark(member)
    while heard[-1].contents != mark:
        heard.append(await member.hear())
    return [message for message in heard if room.concerns(message)]


def _check_storm(heard: list[Heard], visitors: list[str], said: list[str]) -> None:
    came = [message.contents for message in heard if message.action == "connect"]
    left = [message.contents for message in heard if message.is_leave]
    busy = [message.contents for message in heard if message.contents.startswith("busy")]
    expect(sorted(came) == sorted(visitors), f"{STORM} connects", f"{len(came)}")
    expect(sorted(left) == sorted(visitors), f"{STORM} disconnects, one each", f"{len(left)}")
    text = "another order" if sorted(busy) == sorted(said) else f"{len(busy)}"
    expect(busy == said, f"all {len(said)} chats of one talker in order", text)
