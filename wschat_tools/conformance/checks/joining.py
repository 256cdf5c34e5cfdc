"""Joining: one's own connect first, the same for everyone, and no history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wschat_tools.conformance import texts
from wschat_tools.conformance.check import CHAT, ECHO, JOIN, differs, must
from wschat_tools.conformance.errors import expect
from wschat_tools.conformance.heard import bare

if TYPE_CHECKING:
    from wschat_tools.conformance.connection import Connection
    from wschat_tools.conformance.room import Room

MANY = 60
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@must(JOIN, "the first message is one's own connect, with a UUID as contents", texts.FIRST, ())
async def own_connect_first(room: Room) -> None:
    """See what comes first."""
    anna = await room.join()
    early = ", ".join(map(str, anna.early))
    expect(not anna.early, "one's own connect as first message", early)
    expect(UUID.fullmatch(anna.id) is not None, "a UUID as contents", anna.id)


@must(ECHO, "a chat in the fullest form comes back to its sender", texts.SEEN_BY_ALL, (JOIN,))
async def chat_comes_back(room: Room) -> None:
    """Chat alone, again until it comes: a server may take a moment to let someone in."""
    await room.settle([await room.join()])


@must(CHAT, "a chat reaches everybody, its sender included", texts.SEEN_BY_ALL, (ECHO,))
async def chat_reaches_all(room: Room) -> None:
    """Let each of three say something."""
    members = await room.join_each(3)
    for speaker in members:
        contents = f"from {speaker.id}"
        room.say(speaker, contents)
        for member in members:
            (said,) = await room.hear_chats(member)
            expect(said.says(contents), repr(contents), said)


@must("connect-comes-once", "each connect comes once to each member", texts.FIRST)
async def connect_comes_once(room: Room) -> None:
    """Let three come, and count what each of them heard."""
    members = await room.join_each(3)
    for member in members:
        _check_once(member, room.ids)


@must("chat-comes-once", "each chat comes once to each member", texts.SEEN_BY_ALL)
async def chat_comes_once(room: Room) -> None:
    """Say many things, and count how often each comes."""
    anna, bert = await room.join_each(2)
    said = [f"once {number}" for number in range(MANY)]
    for contents in said:
        room.say(anna, contents)
    for member in (anna, bert):
        await room.hear_chats(member, MANY)
        await room.more(member, anna)
        _check_once(member, set(said))


def _check_once(member: Connection, contents: set[str]) -> None:
    """See that a member heard nothing of these contents twice."""
    wanted = set(map(bare, contents))
    for (_, said), times in member.times.items():
        if bare(said) in wanted:
            expect(times == 1, f"{said!r} once", f"{times} times")


@differs(
    "uuid-version-4",
    "UUIDs are random ones (version 4) in lower case, never the same twice",
    texts.ASSIGNED,
    (JOIN,),
)
async def uuid_version_4(room: Room) -> None:
    """Look at the UUIDs of some members."""
    ids = [(await room.join()).id for _ in range(5)]
    wrong = [uuid for uuid in ids if not UUID4.fullmatch(uuid)]
    expect(not wrong, "UUIDs of version 4 in lower case", wrong)
    expect(len(set(ids)) == len(ids), "five different UUIDs", ids)


@must(
    "connect-is-identical",
    "everybody gets the bytes of a connect that the newcomer gets",
    texts.FIRST,
)
async def connect_is_identical(room: Room) -> None:
    """Compare what three others hear of a newcomer with what it hears itself."""
    others = await room.join_each(3)
    newcomer = await room.join()
    assert newcomer.first is not None  # noqa: S101 - that is what joining is
    for other in others:
        told = await room.hear(other)
        expect(told.raw == newcomer.first.raw, f"what the newcomer got: {newcomer.first}", told)


@must("no-history", "a newcomer hears nothing of what was said before", texts.NO_HISTORY)
async def no_history(room: Room) -> None:
    """Chat, then join."""
    (anna,) = await room.join_each(1)
    for number in range(20):
        room.say(anna, f"early {number}")
    await room.hear_chats(anna, 20)
    bert = await room.join()
    await room.settle([anna, bert])
    carl = await room.join()
    await room.settle([anna, carl])
    for newcomer in (bert, carl):
        heard = [m for m in await room.more(newcomer, anna) if m.action == "chat"]
        heard += [m for m in newcomer.early if m.action == "chat"]
        expect(not heard, "no chat from before", ", ".join(map(str, heard)))
