"""What the checks of the protocol (tests/conformance) cannot see of the server from outside."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pytest
import websockets
from websockets.asyncio.client import connect

from tests.clients import RefusedError, Visitors, no_message
from tests.servers import RunningServer, Way

if TYPE_CHECKING:
    from tests.clients import Client

pytestmark = pytest.mark.processes


async def test_an_error_says_what_was_got_and_expected(everywhere: Visitors) -> None:
    """Whoever writes a client would not learn what is wrong with it, or when it was."""
    anna = await everywhere.join()
    anna.send_text(b'{"contents":5}')
    (error,), code = await anna.hear_end()
    assert error.contents == "got a number as contents, expected a string"
    assert abs(error.timestamp - time.time()) < 30
    assert code == 1007
    anna.send_close(1007)
    assert await anna.is_eof()


@pytest.mark.parametrize("leave", ["send_close", "send_fin", "reset"])
async def test_someone_who_leaves_while_joining_is_the_only_news(
    everywhere: Visitors, leave: str
) -> None:
    """A connect could stay for ever, or be told twice; in a room of strangers nobody could tell."""
    anna = await everywhere.join()
    ghost: Client = await everywhere.open()
    getattr(ghost, leave)()
    heard = await anna.hear_until(lambda message: message.action == "disconnect")
    assert [message.action for message in heard] == ["connect", "disconnect"]
    assert heard[0].contents == heard[1].contents
    assert await no_message(anna, anna) == []


@pytest.mark.parametrize("way", [Way.SERVE, Way.UVICORN, Way.HYPERCORN])
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


@pytest.mark.parametrize("way", [Way.SERVE, Way.UVICORN, Way.HYPERCORN])
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
