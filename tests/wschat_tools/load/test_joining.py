from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.server import serve

from tests.wschat_tools.load.rooms import Room, address_of, answering, open_room
from wschat_tools.load import (
    ChatError,
    ConnectError,
    Crowd,
    HandshakeError,
    Joined,
    Joining,
    LoadError,
    parse_address,
)

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request


async def join(url: str, count: int = 3, at_once: int = 64, patience: float = 5) -> Joined:
    async with Crowd(parse_address(url)) as crowd:
        return await Joining(crowd, count, at_once).run(patience, settle=0.5)


@pytest.mark.parametrize("at_once", [1, 8, 64])
async def test_everyone_hears_of_everyone(at_once: int) -> None:
    """Without it nobody would know whether join notices reach who is there."""
    async with open_room(Room()) as url:
        joined = await join(url, 20, at_once)
    assert joined.members == 20
    assert joined.notices == 20 * 21 // 2
    assert joined.missed == 0
    assert joined.same_stream
    assert len(joined.connect) == 20
    assert joined.problems == {}


async def test_missed_notice_is_counted() -> None:
    """Without it a server that loses join notices in a race would pass."""

    class Rude(Room):
        async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
            if place != 2 or self.told != 7:
                await connection.send(text)

    async with open_room(Rude()) as url:
        joined = await join(url, 10, at_once=1)
    assert joined.missed == 1
    assert joined.notices == 10 * 11 // 2 - 1


async def test_notice_that_only_the_joiner_gets() -> None:
    """Without it a member of whom nobody hears would hang the engine or go unnoticed."""

    class Secretive(Room):
        async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
            if self.told != 4 or place == 3:
                await connection.send(text)

    async with open_room(Secretive()) as url:
        joined = await join(url, 6, at_once=1)
    assert joined.members == 6
    assert joined.missed == 3


async def test_notices_in_another_order() -> None:
    """Without it an unordered server would be accused of losing notices that it delivered."""

    class Swapping(Room):
        def __init__(self) -> None:
            super().__init__()
            self.kept = ""

        async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
            if place == 1 and self.told == 4:
                self.kept = text
                return
            await connection.send(text)
            if place == 1 and self.told == 5:
                await connection.send(self.kept)

    async with open_room(Swapping()) as url:
        joined = await join(url, 8, at_once=1)
    assert not joined.same_stream
    assert joined.missed == 0
    assert joined.notices == 8 * 9 // 2


async def test_nobody_listens() -> None:
    """Without it a wrong port would be a traceback instead of a sentence."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(ConnectError, match=r"^ws://127\.0\.0\.1:\d+/: no connection: .*refused"):
        await join(url)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "got 'HTTP/1.1 404 Not Found', expected HTTP/1.1 101"),
        (b"220 mail.example ESMTP\r\n", "got '220 mail.example ESMTP', expected HTTP/1.1 101"),
        (b"x" * 1_000_000, f"got '{'x' * 60}', expected HTTP/1.1 101"),
        (b"HTTP/1.1 101 Fine\r\nA: B\r\n\r\n", "got Sec-WebSocket-Accept None, expected"),
        (b"HTTP/1.1 101 Fine\r\n" + b"A: B\r\n" * 5000, "bytes of headers without an end"),
        (b"HTTP/1", "got 'HTTP/1' and the end of the connection"),
        (b"", "got nothing and the end of the connection"),
    ],
)
async def test_no_websocket(answer: bytes, sentence: str) -> None:
    """Without it pointing a load test at something else would not say what is there."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with answering(respond) as url:
        with pytest.raises(HandshakeError) as caught:
            await join(url)
    assert sentence in str(caught.value)


async def test_server_that_says_nothing() -> None:
    """Without it a silent server would be waited for without end."""
    done = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader, writer
        await done.wait()

    async with answering(hold) as url:
        with pytest.raises(HandshakeError, match=r"^ws:.*: got nothing in time"):
            await join(url, patience=0.1)
        done.set()


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ("hello", "got 'no connect' as first message, expected one's own connect"),
        (
            '{"sender":"system","action":"error","contents":"the room is full","timestamp":1}',
            "got 'the room is full' as first message, expected one's own connect",
        ),
        (None, ": got no message within"),
        (1013, "closed with 1013"),
    ],
)
async def test_another_first_message(first: str | int | None, sentence: str) -> None:
    """Without it a server that refuses members would only seem slow."""

    async def refuse(connection: ServerConnection) -> None:
        if isinstance(first, str):
            await connection.send(first)
        if isinstance(first, int):
            await connection.close(first)
        await connection.wait_closed()

    async with serve(refuse, "127.0.0.1", 0) as server:
        with pytest.raises(ChatError) as caught:
            await join(address_of(server), patience=0.3)
    assert sentence in str(caught.value)


async def test_frames_that_are_none() -> None:
    """Without it junk behind a good handshake would be read as chat."""

    async def junk(connection: ServerConnection) -> None:
        connection.transport.write(b"\xf1\xff" * 1000)
        await connection.wait_closed()

    async with serve(junk, "127.0.0.1", 0) as server:
        with pytest.raises(ChatError, match="got a frame that starts"):
            await join(address_of(server))


async def test_later_members_that_are_refused() -> None:
    """Without it a server's limit of members would break the whole test instead of being told."""

    class Small(Room):
        async def serve_member(self, connection: ServerConnection) -> None:
            if len(self.members) >= 4:
                await connection.close(1013, "full")
                return
            await super().serve_member(connection)

    async with open_room(Small()) as url:
        joined = await join(url, 6)
    assert joined.members == 4
    assert joined.missed == 2
    assert joined.problems == {"closed with 1013 full": 2}


async def test_who_stops_joining_blames_nobody() -> None:
    """Without it Ctrl-C would accuse a server of silence after a few milliseconds."""
    done = asyncio.Event()
    asked: list[Request] = []

    async def hold(_: ServerConnection, request: Request) -> None:
        asked.append(request)
        if len(asked) == 3:
            crowd.stop()
        if len(asked) > 1:
            await done.wait()

    async with serve(Room().serve_member, "127.0.0.1", 0, process_request=hold) as server:
        async with Crowd(parse_address(address_of(server))) as crowd:
            joined = await Joining(crowd, 3).run()
        done.set()
    assert [why.partition("/: ")[2] for why in joined.problems] == [
        "got nothing before the run was stopped"
    ]


def test_every_error_is_a_load_error() -> None:
    """Without it whoever uses the engine could not catch its errors by one name."""
    assert all(issubclass(kind, LoadError) for kind in (ChatError, ConnectError, HandshakeError))
