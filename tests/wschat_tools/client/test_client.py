"""The client that stays, against a real server."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.server import serve

from chat.protocol.messages import CLOSE_CODES
from tests.clients import Visitors
from tests.servers import RunningServer
from wschat_tools.client import Client, Event, StayAwayError
from wschat_tools.client.backoff import Backoff
from wschat_tools.client.client import STAY_AWAY
from wschat_tools.client.event import read_event

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection


async def test_hears_and_says(server: RunningServer) -> None:
    """A bot would miss what is said, or could not answer."""
    client = Client(server.socket_url)
    async with Visitors(server) as visitors, asyncio.timeout(60):
        events = aiter(client)
        first = await anext(events)
        assert (first.action, first.contents) == ("connect", client.id)
        anna = await visitors.join()
        assert (await anext(events)).contents == anna.id
        await client.say("héllo")
        assert [await anna.hear_chats(1)] == [[(client.id, "héllo")]]
        heard = await anext(events)
        assert (heard.action, heard.sender, heard.contents) == ("chat", client.id, "héllo")
        await events.aclose()  # type: ignore[attr-defined]


@pytest.mark.processes
async def test_comes_back_after_a_restart() -> None:
    """Every upgrade of the server would end every bot."""
    with RunningServer() as server:
        async with asyncio.timeout(100):
            client = Client(server.socket_url)
            events = aiter(client)
            before = (await anext(events)).contents
            await asyncio.to_thread(server.stop)
            said = asyncio.create_task(client.say("still here"))
            await asyncio.to_thread(server.start)
            after = [await anext(events) for _ in range(2)]
            await said
        assert [event.action for event in after] == ["connect", "chat"]
        assert after[0].contents == after[1].sender != before
        await events.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", [1007, 4001, 4002])
async def test_stays_away_where_it_is_told_to(code: int) -> None:
    """Somebody who was put out would be back in a second, for ever."""

    async def refuse(socket: ServerConnection) -> None:
        await socket.send('{"action":"error","contents":"why"}')
        await socket.close(code)

    async with serve(refuse, "127.0.0.1", 0) as other, asyncio.timeout(60):
        port = next(iter(other.sockets)).getsockname()[1]
        events = aiter(Client(f"ws://127.0.0.1:{port}/"))
        assert (await anext(events)).contents == "why"
        with pytest.raises(StayAwayError, match="why") as caught:
            await anext(events)
        assert caught.value.code == code


async def test_stays_away_where_there_is_no_room(server: RunningServer) -> None:
    """A mistyped address would be asked for ever."""
    with pytest.raises(StayAwayError, match="403"):
        await anext(aiter(Client(f"{server.socket_url}nowhere")))


def test_knows_the_codes_of_the_protocol() -> None:
    """The client would come back where the protocol says not to."""
    away = {entry.code for entry in CLOSE_CODES if not entry.come_back}
    assert away | {1008} == STAY_AWAY


def test_waits_longer_each_time_and_never_all_at_once() -> None:
    """All clients of a server that restarts would come back in the same moment."""
    random.seed(1)
    backoff = Backoff()
    waits = [backoff.next() for _ in range(200)]
    assert all(wait <= ceiling for wait, ceiling in zip(waits, (1, 2, 4, 8, 16), strict=False))
    assert max(waits) <= 20
    assert min(waits[10:]) < 2
    backoff.reset()
    assert backoff.next() <= 1


def test_reads_what_leaves_out_what_is_empty() -> None:
    """A bot in a room of another server of the family would end."""
    assert read_event('{"action":"chat"}') == Event("chat", "", "", 0)
    assert read_event('{"action":"chat","timestamp":"12"}').timestamp == 12
