"""A storm of joins and leaves while one talks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wschat_tools.conformance import texts
from wschat_tools.conformance.check import CHAT, LEAVE, must
from wschat_tools.conformance.checks.leaving import WAYS
from wschat_tools.conformance.errors import SilentError, expect
from wschat_tools.conformance.heard import bare

if TYPE_CHECKING:
    from wschat_tools.conformance.connection import Connection
    from wschat_tools.conformance.heard import Heard
    from wschat_tools.conformance.room import Room

STORM = 150
AT_ONCE = 25
LATE = 0.1
# What every server takes for the end; whether others do is for their own checks to find.
STORM_WAYS = ("close-frame", "fin", "reset", "midway-in-a-frame")


@must(
    "storm",
    "in a storm of joins and leaves everyone is announced once, and no chat is lost",
    texts.SEEN_BY_ALL,
    (CHAT, LEAVE, "connect-comes-once", "chat-comes-once"),
)
async def storm(room: Room) -> None:
    """Let many come, talk and go in every way, while one talks."""
    witness, talker = await room.join_each(2)
    done = asyncio.Event()
    last_mark: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    said: list[str] = []
    visitors: list[str] = []
    ways = [WAYS[name] for name in STORM_WAYS]

    async def talk() -> None:
        while not done.is_set():
            said.append(f"busy {len(said)}")
            room.say(talker, said[-1])
            await asyncio.sleep(0.005)
        last_mark.set_result(room.mark(talker))  # behind everything that the talker said

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
        logs = [group.create_task(_weather(room, m, last_mark)) for m in (witness, talker)]
    for log in logs:
        _check_storm(log.result(), visitors, said)


async def _hear_own(room: Room, visitor: Connection, words: str) -> None:
    """Hear one's own words, before others that one says after a part of the time-out."""
    late = room.words.next_fence()
    hearing = asyncio.create_task(
        room.hear_until(visitor, lambda message: message.says(words) or message.says(late))
    )
    try:
        async with asyncio.timeout(room.timeout):
            if not (await asyncio.wait([hearing], timeout=room.timeout * LATE))[0]:
                visitor.say(late)
            last = (await hearing)[-1]
    except TimeoutError:
        text = f"a chat that was not back at its sender within {room.timeout:g} s"
        raise SilentError(text) from None
    finally:
        hearing.cancel()
    expect(last.says(words), f"a chat {words!r}", f"what its sender said later, {last}, and not it")


async def _weather(room: Room, member: Connection, last_mark: asyncio.Future[str]) -> list[Heard]:
    """Return everything until the talker's last words and until all who came have gone."""
    heard: list[Heard] = []
    left, is_marked = 0, False
    while left < STORM or not is_marked:
        heard.append(message := await member.hear())
        left += message.is_leave and message.contents in room.ids
        is_marked |= last_mark.done() and message.says(last_mark.result())
    return [message for message in heard if room.concerns(message)]


def _check_storm(heard: list[Heard], visitors: list[str], said: list[str]) -> None:
    came = [message.contents for message in heard if message.action == "connect"]
    left = [message.contents for message in heard if message.is_leave]
    busy = [bare(message.contents) for message in heard]
    busy = [words for words in busy if words.startswith("busy")]
    said = list(map(bare, said))
    expect(sorted(came) == sorted(visitors), f"{STORM} connects", f"{len(came)}")
    expect(sorted(left) == sorted(visitors), f"{STORM} disconnects, one each", f"{len(left)}")
    text = "another order" if sorted(busy) == sorted(said) else f"{len(busy)}"
    expect(busy == said, f"all {len(said)} chats of one talker in order", text)
