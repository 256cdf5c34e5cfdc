"""The protocol over real sockets: on Daphne both ways in, and on uvicorn."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import websockets
from websockets.asyncio.client import connect

from tests.clients import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    Client,
    ClosedError,
    Heard,
    RefusedError,
    Visitors,
    chat_frame,
    chat_text,
    client_frame,
    no_message,
)
from tests.servers import RunningServer, Way
from tests.test_protocol import BAD, GOOD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Servers

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
LIMIT = 64 * 1024


async def test_hears_its_own_connect_first(everywhere: Visitors) -> None:
    """A client of the family learns its own UUID from its first message, or not at all."""
    before = int(time.time())
    anna = await everywhere.join()
    bert = await everywhere.join()
    for client in (anna, bert):
        connect = client.own_connect
        assert connect is not None
        assert UUID4.fullmatch(client.id)
        assert connect.sender == "system"
        assert type(connect.timestamp) is int
        assert before <= connect.timestamp <= int(time.time())
    assert anna.id != bert.id


async def test_all_hear_the_same_bytes(everywhere: Visitors) -> None:
    """Members would disagree on what was said, when, or by whom."""
    members = await everywhere.join_each(3)
    members.append(await everywhere.join())
    for client in members[:-1]:
        assert await client.hear() == members[-1].own_connect
    members[1].say('é😀 "quoted"')
    told = [await client.hear() for client in members]
    assert len({message.raw for message in told}) == 1
    assert (
        told[0].raw
        == (
            f'{{"sender":"{members[1].id}","action":"chat",'
            f'"contents":"é😀 \\"quoted\\"","timestamp":{told[0].timestamp}}}'
        ).encode()
    )


async def test_has_no_history(everywhere: Visitors) -> None:
    """A newcomer would see what was said before it came."""
    anna = await everywhere.join()
    for number in range(20):
        anna.say(f"early {number}")
    await anna.hear_chats(20)
    bert = await everywhere.join()
    assert await no_message(bert, bert) == []


async def test_ignores_what_a_client_says_of_itself_and_of_the_time(everywhere: Visitors) -> None:
    """Anybody could speak in another's name, or in the past."""
    anna, bert = await everywhere.join_each(2)
    spoof = {"sender": bert.id, "action": "chat", "contents": "hi", "timestamp": 1}
    now = int(time.time())
    anna.send_text(json.dumps(spoof).encode())
    for client in (anna, bert):
        message = await client.hear()
        assert (message.sender, message.action, message.contents) == (anna.id, "chat", "hi")
        assert message.timestamp >= now


async def test_takes_every_way_to_say_something(everywhere: Visitors) -> None:
    """A client of the family that leaves out or adds fields could not talk."""
    anna, bert = await everywhere.join_each(2)
    for text, _ in GOOD.values():
        anna.send_text(text.encode())
    expected = [(anna.id, contents) for _, contents in GOOD.values()]
    assert await bert.hear_chats(len(GOOD)) == expected
    assert await anna.hear_chats(len(GOOD)) == expected


async def _assert_one_error(client: Client, code: int) -> Heard:
    """Hear one error, then the close with `code`, then nothing; return the error."""
    heard, got = await client.hear_end()
    assert [message.action for message in heard] == ["error"], heard
    assert heard[0].sender == "system"
    assert heard[0].contents.startswith("got ")
    assert abs(heard[0].timestamp - time.time()) < 30
    assert got == code
    client.send_close(code)
    assert await client.is_eof()
    return heard[0]


async def _assert_expelled(anna: Client, bert: Client, code: int) -> None:
    """Check that `anna` gets an error and the close, and `bert` one disconnect and no more."""
    await _assert_one_error(anna, code)
    farewell = await bert.hear()
    assert (farewell.sender, farewell.action, farewell.contents) == (
        "system",
        "disconnect",
        anna.id,
    )
    assert await no_message(bert, bert) == []


BAD_OVER_SOCKETS = {name: text for name, text in BAD.items() if name != "unencodable text"}


@pytest.mark.parametrize("text", BAD_OVER_SOCKETS.values(), ids=BAD_OVER_SOCKETS)
async def test_expels_for_a_bad_message(everywhere: Visitors, text: str) -> None:
    """A bad message would reach the room, or its sender not learn why it is cut off."""
    anna, bert = await everywhere.join_each(2)
    anna.send_text(text.encode())
    anna.say("after")
    await _assert_expelled(anna, bert, 1007)


async def test_broadcasts_nothing_that_follows_in_the_same_segment(everywhere: Visitors) -> None:
    """What the client sent after the bad message would be broadcast."""
    anna, bert = await everywhere.join_each(2)
    anna.send_raw(chat_frame("before") + client_frame(b"{}") + chat_frame("after") * 50)
    assert (await bert.hear()).contents == "before"
    await _assert_expelled(anna, bert, 1007)


async def test_expels_for_a_binary_message(everywhere: Visitors) -> None:
    """A client that sends binary frames would not learn that they are not taken."""
    for payload in (chat_text("hi"), b""):
        anna, bert = await everywhere.join_each(2)
        anna.send_raw(client_frame(payload, BINARY) + chat_frame("after"))
        await _assert_expelled(anna, bert, 1003)


@pytest.mark.parametrize("character", ["x", "😀"])
async def test_the_limit_is_exact(everywhere: Visitors, character: str) -> None:
    """Messages at the limit would be refused, or the limit not hold."""
    anna, bert = await everywhere.join_each(2)
    around = len(chat_text(""))
    contents = character * ((LIMIT - around) // len(character.encode()))
    contents += "y" * (LIMIT - len(chat_text(contents)))
    assert len(chat_text(contents)) == LIMIT
    anna.say(contents)
    assert await bert.hear_chats(1) == [(anna.id, contents)]
    assert await anna.hear_chats(1) == [(anna.id, contents)]
    anna.say(contents + "z")
    anna.say("after")
    await _assert_expelled(anna, bert, 1009)


@pytest.mark.parametrize("text", [b"[" * 2**20, b'{"contents":"' + b"x" * (2**20 - 15) + b'"}'])
async def test_a_mebibyte_is_too_big(everywhere: Visitors, text: bytes) -> None:
    """A megabyte of junk would stall the room, or reach it."""
    anna, bert = await everywhere.join_each(2)
    anna.send_text(text)
    anna.say("after")
    await _assert_expelled(anna, bert, 1009)


def _leave_by_close(client: Client) -> None:
    client.send_close()


def _leave_by_empty_close(client: Client) -> None:
    client.send_frame(b"", CLOSE)


def _leave_by_bad_message(client: Client) -> None:
    client.send_text(b"{}")


def _leave_midway_in_a_frame(client: Client) -> None:
    client.send_raw(chat_frame("never whole")[:-3])
    client.send_fin()


def _leave_midway_in_a_message(client: Client) -> None:
    client.send_frame(b'{"contents":', fin=False)
    client.send_fin()


def _leave_after_talking(client: Client) -> None:
    client.send_raw(chat_frame("last words") + client_frame(b"\x03\xe8", CLOSE))


LEAVING: dict[str, Callable[[Client], None]] = {
    "close frame": _leave_by_close,
    "empty close frame": _leave_by_empty_close,
    "FIN": Client.send_fin,
    "reset": Client.reset,
    "bad message": _leave_by_bad_message,
    "midway in a frame": _leave_midway_in_a_frame,
    "midway in a message": _leave_midway_in_a_message,
    "right after a message": _leave_after_talking,
}


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING)
async def test_announces_every_leave_once(
    everywhere: Visitors, leave: Callable[[Client], None]
) -> None:
    """The room would hold ghosts, or see somebody go twice."""
    anna, bert, carl = await everywhere.join_each(3)
    leave(anna)
    for client in (bert, carl):
        heard = await client.hear_until(lambda message: message.action == "disconnect")
        assert heard[-1].sender == "system"
        assert heard[-1].contents == anna.id
        last_words = ["last words"] if leave is _leave_after_talking else []
        assert [message.contents for message in heard[:-1]] == last_words
    assert await no_message(bert, carl) == []


async def test_announces_a_leave_once_when_all_ways_come_together(everywhere: Visitors) -> None:
    """A bad message, a close frame and a reset at once would be two or three leaves."""
    anna, bert = await everywhere.join_each(2)
    anna.send_raw(client_frame(b"{}") + client_frame(b"\x03\xe8", CLOSE))
    anna.send_fin()
    await asyncio.sleep(0.05)
    anna.reset()
    assert (await bert.hear()).contents == anna.id
    await asyncio.sleep(0.1)
    assert await no_message(bert, bert) == []


@pytest.mark.parametrize("close", [b"", b"\x03\xe8", b"\x03\xe9bye", b"\x0f\xa0"])
async def test_answers_a_close_frame(everywhere: Visitors, close: bytes) -> None:
    """A client that leaves properly would wait for its time-out."""
    anna = await everywhere.join()
    anna.send_frame(close, CLOSE)
    heard, code = await anna.hear_end()
    assert heard == []
    assert code is not None
    assert await anna.is_eof()


async def test_someone_who_leaves_while_joining_is_announced_in_order(
    everywhere: Visitors,
) -> None:
    """A disconnect would come before its connect, or a connect stay for ever."""
    anna = await everywhere.join()
    for leave in (_leave_by_close, Client.send_fin, Client.reset):
        ghost = await everywhere.open()
        leave(ghost)
        heard = await anna.hear_until(lambda message: message.action == "disconnect")
        assert [message.action for message in heard] == ["connect", "disconnect"]
        assert heard[0].contents == heard[1].contents


async def test_fragments_are_put_together_with_pings_between(everywhere: Visitors) -> None:
    """Clients that fragment, as RFC 6455 section 5.4 lets them, could not talk."""
    anna, bert = await everywhere.join_each(2)
    text = chat_text("é😀 in pieces")
    cuts = [text[index : index + 1] for index in range(len(text))]
    anna.send_frame(b"", fin=False)
    for number, piece in enumerate(cuts):
        anna.send_frame(piece, CONTINUATION, fin=False)
        if number % 7 == 0:
            anna.send_frame(b"%d" % number, PING)
    anna.send_frame(b"", CONTINUATION)
    anna.say("whole")
    assert await bert.hear_chats(2) == [(anna.id, "é😀 in pieces"), (anna.id, "whole")]
    await anna.hear_chats(2)
    assert anna.pongs == [b"%d" % number for number in range(0, len(text), 7)]


async def test_answers_pings_between_messages_in_order(everywhere: Visitors) -> None:
    """Clients that ping would take the server for dead, or hear things out of order."""
    anna = await everywhere.join()
    anna.send_raw(
        chat_frame("one")
        + client_frame(b"a", PING)
        + chat_frame("two")
        + client_frame(b"x" * 125, PING)
        + client_frame(b"", PING)
        + chat_frame("three")
    )
    assert [contents for _, contents in await anna.hear_chats(3)] == ["one", "two", "three"]
    while len(anna.pongs) < 3:
        await no_message(anna, anna)
    assert anna.pongs == [b"a", b"x" * 125, b""]


async def test_reads_a_stream_cut_anywhere(everywhere: Visitors) -> None:
    """What the network does to a stream would change what is said."""
    anna = await everywhere.join()
    stream = b"".join(
        [
            chat_frame("one"),
            client_frame(b"p", PING),
            chat_frame("two" * 60),
            client_frame(chat_text("three")[:9], fin=False),
            client_frame(chat_text("three")[9:], CONTINUATION),
            chat_frame("four"),
        ]
    )
    for step in (1, 2, 7):
        for start in range(0, len(stream), step):
            anna.send_raw(stream[start : start + step])
            await asyncio.sleep(0)
            if start % 5 == 0:
                await asyncio.sleep(0.001)
        got = [contents for _, contents in await anna.hear_chats(4)]
        assert got == ["one", "two" * 60, "three", "four"]


async def test_any_other_path_is_refused(everywhere: Visitors) -> None:
    """Somebody with a wrong URL would be in the room, or wait without an answer."""
    for path in ("/chat", "/ws/", "/%2e", "/admin/"):
        with pytest.raises(RefusedError) as caught:
            await everywhere.open(path=path)
        assert caught.value.status == 403


async def test_the_root_takes_a_query(everywhere: Visitors) -> None:
    """Clients that add a query (a token, a cache breaker) could not join."""
    client = await everywhere.join(path="/?name=value")
    assert UUID4.fullmatch(client.id)


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "https://a.b:8443"])
async def test_any_origin_may_join_by_default(everywhere: Visitors, origin: str) -> None:
    """Pages of other servers of the family could not join."""
    assert (await everywhere.join(headers={"Origin": origin})).id


@pytest.mark.parametrize("way", [Way.SERVE, Way.UVICORN])
async def test_a_refused_origin_gets_a_403(way: Way) -> None:
    """The setting that keeps foreign pages out would not."""
    allowed = "https://chat.example,http://other.example:81"
    with RunningServer(way, env={"WSCHAT_ALLOWED_ORIGINS": allowed}) as server:
        async with Visitors(server) as visitors:
            for origin in ("https://evil.example", "null", "https://chat.example.evil.example"):
                with pytest.raises(RefusedError) as caught:
                    await visitors.open(headers={"Origin": origin})
                assert caught.value.status == 403
            for origin in ("https://chat.example", "http://other.example:81", server.url[:-1]):
                await visitors.join(headers={"Origin": origin})
            await visitors.join()


async def test_talks_with_an_ordinary_client_library(everywhere: Visitors) -> None:
    """Only the tests' own client could join."""
    anna = await everywhere.join()
    async with connect(everywhere.server.socket_url) as bert:
        own = json.loads(await bert.recv())
        assert (await anna.hear()).contents == own["contents"]
        await bert.send('{"contents":"hello"}')
        await bert.ping()
        assert json.loads(await bert.recv())["contents"] == "hello"
        assert await anna.hear_chats(1) == [(own["contents"], "hello")]
        await bert.send(b"binary")
        assert json.loads(await bert.recv())["action"] == "error"
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await bert.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1003, "binary message")


@pytest.mark.parametrize("way", list(Way))
async def test_every_way_to_start_serves_the_same_room(way: Way, servers: Servers) -> None:
    """What the page and the docs say would hold for some ways to start only."""
    async with Visitors(servers.get(way)) as visitors:
        anna, bert = await visitors.join_each(2)
        anna.say("x" * 60000)
        assert await bert.hear_chats(1) == [(anna.id, "x" * 60000)]
        anna.send_frame(b"part", fin=False)
        anna.send_frame(b"", CLOSE)
        assert (await bert.hear()).contents == anna.id
        bert.send_text(b"{}")
        await _assert_one_error(bert, 1007)
        carl = await visitors.join()
        carl.send_frame(b"x" * 70000, TEXT)
        await _assert_one_error(carl, 1009)


async def test_order_is_the_same_for_all(everywhere: Visitors) -> None:
    """Members would see a conversation in different orders."""
    members = await everywhere.join_each(12)

    async def talk(number: int, client: Client) -> None:
        for count in range(40):
            client.say(f"{number} {count}")
            if count % 5 == number % 5:
                await asyncio.sleep(0)

    async def listen(client: Client) -> list[tuple[str, str]]:
        return await client.hear_chats(12 * 40)

    async with asyncio.TaskGroup() as group:
        logs = [group.create_task(listen(client)) for client in members]
        for number, client in enumerate(members):
            group.create_task(talk(number, client))
    log = logs[0].result()
    assert all(other.result() == log for other in logs)
    for number, client in enumerate(members):
        said = [contents for sender, contents in log if sender == client.id]
        assert said == [f"{number} {count}" for count in range(40)]


async def test_a_storm_of_joins_under_chat(everywhere: Visitors) -> None:
    """Newcomers in a busy room would miss others' coming and going, or hear it twice."""
    count = 200
    witness, talker = await everywhere.join_each(2)
    ids: set[str] = set()
    done = asyncio.Event()

    async def talk() -> int:
        said = 0
        while not done.is_set():
            talker.say(f"busy {said}")
            said += 1
            await asyncio.sleep(0.005)
        talker.say("quiet")
        return said

    async def visit(number: int, gate: asyncio.Semaphore) -> None:
        async with gate:
            client = await everywhere.join()
            ids.add(client.id)
            client.say(f"here is {number}")
            await client.hear_until(lambda message: message.contents == f"here is {number}")
            list(LEAVING.values())[number % len(LEAVING)](client)

    async def storm() -> None:
        gate = asyncio.Semaphore(25)
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(visit(number, gate))
        done.set()

    async with asyncio.TaskGroup() as group:
        talking = group.create_task(talk())
        group.create_task(storm())
        listening = group.create_task(_listen_to_storm(witness, count))
        group.create_task(_listen_to_storm(talker, count))
    heard = listening.result()
    assert len(ids) == count
    for action in ("connect", "disconnect"):
        told = [message.contents for message in heard if message.action == action]
        assert len(told) == count
        assert set(told) == ids
    busy = [message.contents for message in heard if message.contents.startswith("busy")]
    assert busy == [f"busy {number}" for number in range(talking.result())]
    assert {message.contents for message in heard if message.sender in ids} >= {
        f"here is {number}" for number in range(count)
    }


async def _listen_to_storm(client: Client, count: int) -> list[Heard]:
    """Return what comes until all have left and the talker is quiet."""
    left = 0
    heard: list[Heard] = []
    while left < count or all(message.contents != "quiet" for message in heard[-2000:]):
        heard.append(await client.hear())
        left += heard[-1].action == "disconnect"
    return heard


async def test_everyone_hears_everyone_who_comes_after(everywhere: Visitors) -> None:
    """Somebody who joins in a crowd would miss others who join at the same moment."""
    clients = await asyncio.gather(*(everywhere.join() for _ in range(60)))
    last = await everywhere.join()
    logs: list[list[Any]] = []
    for client in clients:
        heard = await client.hear_until(lambda message: message.contents == last.id)
        logs.append([client.own_connect, *heard])
    longest = max(logs, key=len)
    assert len(longest) == 61
    for log in logs:
        assert log == longest[-len(log) :]


@pytest.mark.parametrize("way", [Way.SERVE, Way.UVICORN])
async def test_first_connections_at_the_same_moment(way: Way) -> None:
    """Two of the first connections would start two receivers, and hang or hear all twice."""
    with RunningServer(way) as server:
        async with Visitors(server) as visitors:
            clients = await asyncio.gather(*(visitors.join() for _ in range(50)))
            last = await visitors.join()
            for client in clients:
                heard = await client.hear_until(lambda message: message.contents == last.id)
                ids = [message.contents for message in heard]
                assert len(set(ids)) == len(ids)
            for client in clients:
                assert await no_message(client, last) == [] or client is not clients[0]


async def test_somebody_who_leaves_is_told_nothing_more(everywhere: Visitors) -> None:
    """A client would get frames after the server's answer to its close."""
    anna, bert = await everywhere.join_each(2)
    anna.send_close()
    bert.say("after")
    heard, code = await anna.hear_end()
    assert code == 1000
    assert [message.contents for message in heard] in ([], ["after"])
    with pytest.raises(ClosedError):
        await anna.read_frame()
