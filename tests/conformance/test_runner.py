"""What is no server of the family, and what stops being one."""

from __future__ import annotations

import asyncio
import socket

import pytest

from chat.conformance import CHECKS, GoneError, Runner, Status
from chat.conformance.check import Check, Level
from chat.conformance.room import Room
from chat.load import parse_address
from tests.load.rooms import Room as ServedRoom
from tests.load.rooms import open_room
from tests.peers import BAD_SERVERS, OWN_CONNECT, bad_server, server_frame, shake_hands
from tests.servers import free_port


@pytest.mark.parametrize("name", BAD_SERVERS)
async def test_says_why_nobody_can_join(name: str) -> None:
    """Somebody with a wrong address would wait for ever, or see a traceback."""
    serve, why = BAD_SERVERS[name]
    async with bad_server(serve) as url:
        with pytest.raises(GoneError, match=why):
            await Runner(parse_address(url), 0.5).knock()


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
