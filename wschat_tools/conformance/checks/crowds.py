"""Many at once: one order for all, and nobody missed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wschat_tools.conformance import texts
from wschat_tools.conformance.check import CHAT, must
from wschat_tools.conformance.errors import Difference, expect

if TYPE_CHECKING:
    from wschat_tools.conformance.connection import Connection
    from wschat_tools.conformance.heard import Heard
    from wschat_tools.conformance.room import Room

TALKERS = 12
WORDS = 40
CROWD = 40
# Some servers send a newcomer its connect before they send it what others say.
LET_IN_SECONDS = 0.1


@must(
    "own-order", "what one member says comes in the order in which it was said", texts.SEEN_BY_ALL
)
async def own_order(room: Room) -> None:
    """Say a hundred things in one go."""
    anna, bert = await room.join_each(2)
    said = [f"word {number}" for number in range(100)]
    for contents in said:
        room.say(anna, contents)
    for member in (anna, bert):
        got = await room.hear_chats(member, len(said))
        wrong = next((n for n, word in enumerate(got) if not word.says(said[n])), None)
        if wrong is not None:
            raise Difference(f"{said[wrong]!r} as number {wrong}", got[wrong].contents)


@must("same-order-for-all", "all members hear everything in the same order", texts.SEEN_BY_ALL)
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


@must(
    "joins-at-once", "of two who join at the same moment, one hears of the other", texts.SEEN_BY_ALL
)
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


@must(
    "nothing-missed",
    "from its own connect on a member hears everything",
    texts.THEN,
    (CHAT, "connect-comes-once", "chat-comes-once"),
)
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
        place = next((n for n, m in enumerate(whole) if m.contents == member.id), None)
        if place is None:
            raise Difference("each connect at who was there before", f"none of {member.id}")
        expected = [message.raw for message in whole[place + 1 :]]
        history = {message.raw for message in whole[: place + 1]}  # which is a check of its own
        got = [message.raw for message in log if message.raw not in history]
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
        while not (message := await member.hear()).says(last):
            if room.concerns(message) and not room.words.is_mark(message):
                log.append(message)
        logs.append((member, log))
    return logs
