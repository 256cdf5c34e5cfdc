"""Servers with one fault each: the check of that name finds it, and no other is blamed for it."""

from __future__ import annotations

import asyncio
import html
import json
from typing import TYPE_CHECKING, Final

import pytest
from websockets.asyncio.server import broadcast, serve

from tests.wschat_tools.load.rooms import Room, address_of, open_room
from wschat_tools.conformance import CHECKS, Outcome, Runner, Status
from wschat_tools.conformance.check import ECHO, END, JOIN, LEAVE
from wschat_tools.load import parse_address

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

CHATS: Final = ("chat-reaches-all", "chat-comes-once", "contents-unchanged", "takes-no-action")
BAD: Final = ("refuses-words", "refuses-number", "nothing-after-a-bad-message")
CROWDS: Final = ("own-order", "nothing-missed", "same-order-for-all")
ALL: Final = (JOIN, ECHO, LEAVE, END, *CHATS, "connect-comes-once", *BAD, "no-history", *CROWDS)


class Right(Room):
    """A room that keeps the rules; a bad message ends the connection after an error."""

    async def serve_member(self, connection: ServerConnection) -> None:
        """Join, chat, leave."""
        try:
            await super().serve_member(connection)
        except (KeyError, TypeError, ValueError):
            await connection.send(self.encode("system", "error", "bad message"))
            await connection.close(1007)

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell everyone at once."""
        broadcast(self.members, self.encode(sender, action, contents))


class Shouting(Right):
    """Says all in capitals."""

    async def hear(self, connection: ServerConnection, contents: str) -> None:
        """Take what a member says."""
        await super().hear(connection, contents.upper())


class Escaping(Right):
    """Says all as a page would write it."""

    async def hear(self, connection: ServerConnection, contents: str) -> None:
        """Take what a member says."""
        await super().hear(connection, html.escape(contents))


class Stuttering(Right):
    """Says every third chat twice."""

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell everyone at once."""
        self.told += 1
        for _ in range(2 if action == "chat" and self.told % 3 == 0 else 1):
            await super().tell(sender, action, contents)


class Announcing(Right):
    """Tells of each who comes twice."""

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell everyone at once."""
        for _ in range(2 if action == "connect" else 1):
            await super().tell(sender, action, contents)


class Remembering(Right):
    """Tells newcomers what was said before."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell everyone at once; a newcomer is the last in the room."""
        await super().tell(sender, action, contents)
        if action == "connect":
            for text in self.said[-50:]:
                await list(self.members)[-1].send(text)
        elif action == "chat":
            self.said.append(self.encode(sender, action, contents))


class Ghosts(Right):
    """Tells nobody who goes."""

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell everyone at once."""
        if action != "disconnect":
            await super().tell(sender, action, contents)


class Small(Right):
    """Takes five in."""

    async def serve_member(self, connection: ServerConnection) -> None:
        """Join, chat, leave."""
        if len(self.members) < 5:
            await super().serve_member(connection)
            return
        await connection.send(self.encode("system", "error", "the room is full"))
        await connection.close(1013)


async def check(room: Room, *names: str, seconds: float = 5) -> dict[str, Outcome]:
    """Return what checks find in a room."""
    async with open_room(room) as url:
        runner = Runner(parse_address(url), seconds)
        outcomes = await runner.run([check for name, check in CHECKS.items() if name in names])
    return {outcome.check.name: outcome for outcome in outcomes}


@pytest.mark.parametrize(
    ("room", "name"),
    [
        (Right, ""),
        (Shouting, "contents-unchanged"),
        (Escaping, "contents-unchanged"),
        (Stuttering, "chat-comes-once"),
        (Announcing, "connect-comes-once"),
        (Remembering, "no-history"),
    ],
)
async def test_a_fault_is_found_by_its_name_alone(room: type[Room], name: str) -> None:
    """A server would be accused of what it does not do, for something else that it does."""
    found = await check(room(), *ALL)
    wrong = {name: str(o) for name, o in found.items() if o.status is Status.FAIL}
    assert list(wrong) == [name] * bool(name), wrong
    assert all(o.because == name for o in found.values() if o.status is Status.SKIPPED)


async def test_what_came_in_place_of_a_chat_is_told() -> None:
    """Who mends a server would be told that nothing came, where something else did."""

    class Reversing(Right):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            await super().hear(connection, contents[::-1])

    found = await check(Reversing(), ECHO, seconds=0.3)
    assert 'but {"sender":' in found[ECHO].got
    assert " kram" in found[ECHO].got


async def test_a_late_leave_is_no_broadcast_of_what_is_bad() -> None:
    """A library that hears the answer to its close late would be said to let bad words through."""

    class Late(Right):
        async def tell(self, sender: str, action: str, contents: str) -> None:
            if action != "disconnect":
                await super().tell(sender, action, contents)
                return
            text = self.encode(sender, action, contents)
            asyncio.get_running_loop().call_later(2, broadcast, self.members, text)

    found = await check(Late(), *BAD, seconds=1)
    assert {name: o.got for name, o in found.items()} == dict.fromkeys(BAD, "")


async def test_what_stands_behind_bad_words_and_is_broadcast() -> None:
    """A server that goes on reading after bad words would pass."""

    class Deaf(Right):
        async def serve_member(self, connection: ServerConnection) -> None:
            self.members[connection] = name = str(connection.id)
            await self.tell("system", "connect", name)
            bad = False
            async for text in connection:
                if text == "hello":
                    bad = True
                else:
                    await self.hear(connection, json.loads(text)["contents"])
                if bad and "behind it 7" in str(text):
                    await connection.close(1007)

    (name,) = BAD[2:]
    found = await check(Deaf(), name, seconds=1)
    assert found[name].status is Status.FAIL
    assert "behind it 0" in found[name].got


async def test_few_checks_need_to_hear_of_leaves() -> None:
    """A server that only forgets leaves would not learn what else is wrong with it."""
    names = (*ALL, "system-sender", "timestamp-seconds", "same-uuid")
    found = await check(Ghosts(), *names, seconds=4)
    assert {n for n, o in found.items() if o.status is not Status.PASS} == {LEAVE, "same-uuid"}
    assert sum(LEAVE in check.needs for check in CHECKS.values()) < 20


async def test_a_small_room_is_no_fault() -> None:
    """A server with a limit would be failed for what needs more members than it takes."""
    found = await check(Small(), *ALL, "joins-at-once")
    skipped = {n: o.because for n, o in found.items() if o.status is not Status.PASS}
    full = "a room that is full with 5"
    names = ("nothing-missed", "same-order-for-all", "joins-at-once")
    assert skipped == dict.fromkeys(names, full)


async def test_a_room_without_own_connects_is_one_finding() -> None:
    """Programs would get no report of the one fact that explains everything."""

    class Nameless(Right):
        async def tell(self, sender: str, action: str, contents: str) -> None:
            if action != "connect":
                await super().tell(sender, action, contents)

    async with open_room(Nameless()) as url:
        runner = Runner(parse_address(url), 0.2)
        await runner.knock()
        first, *rest = await runner.run(CHECKS.values())
    assert (first.check.name, first.status) == (JOIN, Status.FAIL)
    assert {(o.status, o.because) for o in rest} == {(Status.SKIPPED, JOIN)}


async def test_a_close_is_told_with_its_reason() -> None:
    """Who is turned away would have to read the server's log to learn why."""

    async def turn_away(connection: ServerConnection) -> None:
        await connection.send('{"action":"error","contents":"closed on Sundays"}')
        await connection.close(1008)

    async with serve(turn_away, "127.0.0.1", 0) as server:
        outcome = await Runner(parse_address(address_of(server)), 2).run_one(CHECKS[JOIN])
    assert outcome.got == "the close frame 1008: closed on Sundays"


class Forgetful(Right):
    """Loses the first words of each, tells nobody of who goes without any, and loses some more."""

    def __init__(self) -> None:
        super().__init__()
        self.spoke: set[ServerConnection] = set()

    async def serve_member(self, connection: ServerConnection) -> None:
        """Join, chat, leave; who never spoke was never there."""
        await super().serve_member(connection)
        self.spoke.discard(connection)

    async def hear(self, connection: ServerConnection, contents: str) -> None:
        """Take what a member says, but not at first."""
        if connection in self.spoke and contents != "here is 7":
            await super().hear(connection, contents)
        self.spoke.add(connection)

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell everyone at once."""
        if action != "disconnect" or len(self.spoke) > len(self.members):
            await super().tell(sender, action, contents)


@pytest.mark.parametrize(
    ("name", "got"),
    [
        ("leave-while-joining", "none before the disconnects of 10 who went later"),
        ("words-behind-the-handshake", "that were said later, and not that one"),
        ("storm", "what its sender said later, "),
    ],
)
async def test_what_others_overtook_is_not_waited_for(name: str, got: str) -> None:
    """A server that answers at once would be checked for as long as one that answers nothing."""
    found = (await check(Forgetful(), name, seconds=1000 if name != "storm" else 3))[name]
    assert (found.status, got in found.got, found.silent) == (Status.FAIL, True, False), found
