"""Joining: one's own connect first, the same for everyone, and no history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat.conformance.check import differs, must
from chat.conformance.errors import expect

if TYPE_CHECKING:
    from chat.conformance.room import Room

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@must("own-connect-first", "the first message is one's own connect, from system, with a UUID")
async def own_connect_first(room: Room) -> None:
    """See what comes first, and that what is said then has the same UUID as sender."""
    anna = await room.join()
    first = anna.first
    expect(first is not None and first.sender == "system", 'sender "system"', first)
    expect(UUID.fullmatch(anna.id) is not None, "a UUID as contents", anna.id)
    await room.settle([anna])
    room.say(anna, "who am I")
    (said,) = await room.hear_chats(anna, 1)
    expect(said.sender == anna.id, f"the chat to come from {anna.id}", said)


@differs("uuid-version-4", "UUIDs are random ones (version 4) in lower case, never the same twice")
async def uuid_version_4(room: Room) -> None:
    """Look at the UUIDs of some members."""
    ids = [(await room.join()).id for _ in range(5)]
    wrong = [uuid for uuid in ids if not UUID4.fullmatch(uuid)]
    expect(not wrong, "UUIDs of version 4 in lower case", wrong)
    expect(len(set(ids)) == len(ids), "five different UUIDs", ids)


@must("connect-is-identical", "everybody gets the bytes of a connect that the newcomer gets")
async def connect_is_identical(room: Room) -> None:
    """Compare what three others hear of a newcomer with what it hears itself."""
    others = await room.join_each(3)
    newcomer = await room.join()
    assert newcomer.first is not None  # noqa: S101 - that is what joining is
    for other in others:
        told = await room.hear(other)
        expect(told.raw == newcomer.first.raw, f"what the newcomer got: {newcomer.first}", told)


@must("no-history", "a newcomer hears nothing of what was said before")
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
        expect(not heard, "no chat from before", ", ".join(map(str, heard)))
