"""What is no server of the family, and what stops being one."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING

import pytest

from tests.peers import (
    BAD_SERVERS,
    LET_NOBODY_IN,
    OWN_CONNECT,
    bad_server,
    server_frame,
    shake_hands,
)
from tests.servers import free_port
from tests.wschat_tools.load.rooms import Room as ServedRoom
from tests.wschat_tools.load.rooms import open_room
from wschat_tools.conformance import CHECKS, GoneError, Runner, Status
from wschat_tools.conformance.check import ECHO, JOIN, LEAVE, Check, Level
from wschat_tools.conformance.errors import ClosedError
from wschat_tools.conformance.outcome import facts
from wschat_tools.conformance.room import Room
from wschat_tools.load import parse_address

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection


@pytest.mark.parametrize("name", BAD_SERVERS)
async def test_says_why_nobody_can_join(name: str) -> None:
    """Somebody with a wrong address would wait for ever, or see a traceback."""
    serve, why = BAD_SERVERS[name]
    async with bad_server(serve) as url:
        runner = Runner(parse_address(url), 0.5)
        if name not in LET_NOBODY_IN:
            with pytest.raises(GoneError, match=why):
                await runner.knock()
            return
        await runner.knock()
        first, *rest = await runner.run(CHECKS.values())
    assert (first.status, re.search(why, first.got) is not None) == (Status.FAIL, True), first
    assert {o.because for o in rest} == {JOIN}


async def test_says_that_nobody_listens() -> None:
    """Somebody whose server is down would see a traceback."""
    url = f"ws://127.0.0.1:{free_port()}/"
    with pytest.raises(GoneError, match="no connection: "):
        await Runner(parse_address(url), 5).knock()


async def test_a_socket_that_never_accepts() -> None:
    """A server that hangs would make the checks hang."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        url = f"ws://127.0.0.1:{deaf.getsockname()[1]}/"
        with pytest.raises(GoneError, match=r"0\.3 s"):
            await Runner(parse_address(url), 0.3).knock()


async def test_what_is_left_when_the_server_dies_is_not_run() -> None:
    """Every check after the death would wait, and be called a difference."""
    room = ServedRoom()
    async with open_room(room) as url:
        dying = Runner(parse_address(url), 0.5)
        checks = [CHECKS[name] for name in ("chat-reaches-all", "chat-is-identical", "no-history")]
        seen: list[str] = []

        async def die(room: Room) -> None:
            raise ConnectionResetError(104, "reset")

        death = Check("death", "it lives", Level.MUST, die)
        before = await dying.run(checks[:1], lambda outcome: seen.append(outcome.check.name))
    after = await dying.run([death, *checks[1:]])
    assert [outcome.status for outcome in before] == [Status.PASS]
    assert seen == ["chat-reaches-all"]
    assert [outcome.status for outcome in after] == [Status.FAIL] + [Status.NOT_RUN] * 2
    assert all("no connection" in outcome.got for outcome in after)


async def test_a_server_that_dies_midway_is_a_failure() -> None:
    """A server that falls over when somebody chats would hang the check of that."""

    async def fall_over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake_hands(reader, writer)
        writer.write(server_frame(OWN_CONNECT))
        await reader.read(1)

    async with bad_server(fall_over) as url:
        runner = Runner(parse_address(url), 0.5)
        outcome = await runner.run_one(CHECKS["chat-reaches-all"])
    assert outcome.status is Status.FAIL
    assert "the end of the connection" in outcome.got


async def test_a_check_ends_though_strangers_chat_for_ever() -> None:
    """A busy room would keep a check that waits for something else going for ever."""

    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake_hands(reader, writer)
        writer.write(server_frame(OWN_CONNECT))
        while not writer.is_closing():
            writer.write(server_frame(b'{"sender":"x","action":"chat","contents":"hi"}'))
            await writer.drain()
            await asyncio.sleep(0.005)

    async with bad_server(chatter) as url:
        runner = Runner(parse_address(url), 0.1)
        outcome = await runner.run_one(CHECKS["no-history"])
    assert outcome.status is Status.FAIL


async def test_strangers_in_the_room_do_not_disturb() -> None:
    """The checks could be run against an empty room only."""
    async with open_room(ServedRoom()) as url, Room(parse_address(url), 5) as strangers:
        stranger = await strangers.join()
        chatting = asyncio.create_task(_chat(stranger.say))
        names = ("own-connect-first", "chat-reaches-all", "no-history", "leave-by-fin", "own-order")
        outcomes = await Runner(parse_address(url), 5).run([CHECKS[name] for name in names])
        chatting.cancel()
    assert [outcome.status for outcome in outcomes] == [Status.PASS] * len(names), outcomes


async def _chat(say: object) -> None:
    assert callable(say)
    while True:
        say("something else")
        await asyncio.sleep(0.002)


class Silent(ServedRoom):
    """Lets in, and tells nobody of anything."""

    async def hear(self, connection: ServerConnection, contents: str) -> None:
        """Take what is said, and keep it."""
        del connection, contents


class LeavesInSilence(ServedRoom):
    """Tells nobody who goes."""

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell of all but the leaves."""
        if action != "disconnect":
            await super().tell(sender, action, contents)


@pytest.mark.parametrize(
    ("room", "name", "least"), [(Silent(), ECHO, 110), (LeavesInSilence(), LEAVE, 15)]
)
async def test_a_failed_foundation_is_told_once(room: ServedRoom, name: str, least: int) -> None:
    """One fact would be told in a hundred lines that are all wrong, after a hundred time-outs."""
    async with open_room(room) as url:
        outcomes = await Runner(parse_address(url), 0.3).run(CHECKS.values())
    (most, skipped), *_ = facts(outcomes)
    assert (most.check.name, most.status) == (name, Status.FAIL)
    assert skipped >= least
    assert [o.because for o in outcomes if o.status is Status.SKIPPED].count(name) == skipped


async def test_each_wait_in_vain_makes_the_next_one_shorter() -> None:
    """A server that answers nothing to bad messages would take minutes to check."""

    class Deaf(ServedRoom):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            if contents == "more":
                await connection.wait_closed()
            await super().hear(connection, contents)

    async def never(room: Room) -> None:
        waits.append(room.timeout)
        member = await room.join()
        room.say(member, "more")
        await member.hear()

    waits: list[float] = []
    checks = [Check(f"never-{number}", "", Level.DIFFERS, never) for number in range(4)]
    async with open_room(Deaf()) as url:
        await Runner(parse_address(url), 1.6).run(checks)
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] < waits[0]


async def test_a_system_of_another_name_is_one_finding() -> None:
    """Every leave would count as unheard where the system calls itself otherwise."""

    class Otherwise(ServedRoom):
        def encode(self, sender: str, action: str, contents: str) -> str:
            return super().encode(sender.replace("system", "SERVER"), action, contents)

    names = ("system-sender", "own-connect-first", "leave-by-fin", "connect-is-identical")
    async with open_room(Otherwise()) as url:
        outcomes = await Runner(parse_address(url), 5).run([CHECKS[name] for name in names])
    found = {outcome.check.name: outcome.status for outcome in outcomes}
    assert found.pop("system-sender") is Status.FAIL
    assert set(found.values()) == {Status.PASS}


async def test_a_close_frame_is_answered() -> None:
    """Servers that wait for the answer would seem to announce leaves late, or not at all."""
    answers: list[bytes] = []

    async def turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake_hands(reader, writer)
        writer.write(server_frame(OWN_CONNECT) + b"\x88\x02\x03\xe9")
        answers.append(await reader.read(100))

    async with bad_server(turn_away) as url, Room(parse_address(url), 5) as room:
        member = await room.join()
        with pytest.raises(ClosedError):
            await member.hear()
        while not answers:
            await asyncio.sleep(0.01)
    assert answers[0][:2] == b"\x88\x82"


@pytest.mark.parametrize(
    "frame",
    [b"\x88\x01\x03", b"\x81\x02{}", b'\x81\x0c{"action":[]}', b"\x82\x00", b"\x81\x04null"],
)
async def test_odd_frames_are_a_finding(frame: bytes) -> None:
    """A server that sends what nobody foresees would end the tool with a traceback."""

    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake_hands(reader, writer)
        writer.write(server_frame(OWN_CONNECT) + frame * 30)
        await reader.read()

    async with bad_server(odd) as url:
        outcomes = await Runner(parse_address(url), 0.2).run(CHECKS.values())
    assert {o.check.name: o.status for o in outcomes}[ECHO] is Status.FAIL
