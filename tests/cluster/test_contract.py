"""What the room needs of a channel layer, over memory and over Redis."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from bench.faults.redis import RunningRedis
from bench.simulation.model import RedisModel
from chat.room.listener import Listener
from tests.cluster.peers import Guest, Peers, peers_over
from tests.fakes import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.processes), "model"])
async def anywhere(request: pytest.FixtureRequest) -> AsyncIterator[Peers]:
    """Make processes that are joined in this way."""
    if request.param == "memory":
        async with peers_over("") as peers:
            yield peers
    elif request.param == "model":  # what the simulation takes for a Redis
        model = RedisModel("a" * 40, time.time)
        server = await asyncio.get_running_loop().create_server(model.connect, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with peers_over(f"redis://127.0.0.1:{port}") as peers:
            yield peers
        server.close()
    else:
        with RunningRedis() as redis:
            async with peers_over(redis) as peers:
                yield peers


async def test_all_hear_all_in_one_order(anywhere: Peers) -> None:
    """Two people in one room would read two different conversations."""
    rooms = [await anywhere.room() for _ in range(3)]
    guests = await anywhere.guests(*rooms)
    texts = [f"{round_}-{number}" for round_ in range(200) for number in range(3)]
    for round_, number in itertools.product(range(200), range(3)):
        guests[number].say(f"{round_}-{number}")
        if round_ % 20 == 0:
            await until(lambda: True)
    for guest in guests:
        await guest.hear(*texts)
    assert guests[0].chats == guests[1].chats == guests[2].chats
    assert sorted(guests[0].chats) == sorted(texts)
    for number in range(3):
        own = [text for text in guests[0].chats if text.endswith(f"-{number}")]
        assert own == [f"{round_}-{number}" for round_ in range(200)]


async def test_one_hears_from_ones_own_connect_on(anywhere: Peers) -> None:
    """A newcomer would miss its own join, or hear what was said before it."""
    rooms = [await anywhere.room() for _ in range(2)]
    [talker] = await anywhere.guests(rooms[0])
    newcomers = []
    for number in range(20):
        talker.say(f"before {number}")
        newcomers.append(Guest(rooms[number % 2]))
        talker.say(f"after {number}")
    await until(lambda: all(newcomer.heard for newcomer in newcomers))
    talker.say("at last")
    for newcomer in newcomers:
        await newcomer.hear("at last")
    everything = talker.heard
    for newcomer in newcomers:
        first = json.loads(newcomer.heard[0])
        assert (first["action"], first["contents"]) == ("connect", newcomer.id)
        assert newcomer.heard == everything[everything.index(newcomer.heard[0]) :]


async def test_a_large_batch_arrives_whole(anywhere: Peers) -> None:
    """A busy moment would be lost to everybody at once."""
    rooms = [await anywhere.room(outbox_bytes=2**40) for _ in range(2)]
    near, far = await anywhere.guests(*rooms)
    texts = [f"{number} " + "x" * 60_000 for number in range(100)]
    for text in texts:
        near.say(text)
    await far.hear(texts[-1])
    assert far.chats == texts


async def test_many_small_batches_arrive_once_each(anywhere: Peers) -> None:
    """A quiet conversation would lose or repeat a line now and then."""
    rooms = [await anywhere.room() for _ in range(2)]
    near, far = await anywhere.guests(*rooms)
    for number in range(300):
        near.say(str(number))
        await near.hear(str(number))
    await far.hear("299")
    assert far.chats == near.chats == [str(number) for number in range(300)]


async def test_a_leave_is_told_once_and_everywhere(anywhere: Peers) -> None:
    """Somebody would stay in the lists of others, or go twice."""
    rooms = [await anywhere.room() for _ in range(2)]
    near, far, gone = await anywhere.guests(*rooms, rooms[0])
    rooms[0].room.leave(gone.member, 1000)
    near.say("after")
    await far.hear("after")
    assert near.leaves == far.leaves == [gone.id]


async def test_an_order_reaches_all_and_an_unknown_one_is_counted(anywhere: Peers) -> None:
    """A kick would not reach another process, or a newer version's order would stop this one."""
    rooms = [await anywhere.room() for _ in range(2)]
    near, far = await anywhere.guests(*rooms)
    seen: list[int] = []

    class Knowing(Listener):
        def ordered(self, kind: str, payload: dict[str, Any]) -> bool:
            """Know one kind."""
            if kind == "known":
                seen.append(payload["value"])
            return kind == "known"

    rooms[1].listeners.append(Knowing())
    rooms[0].steering.order("known", value=7, of_a_newer_version=True)
    rooms[0].steering.order("unknown")
    near.say("after")
    await far.hear("after")
    assert seen == [7]
    if rooms[0] is not rooms[1]:
        assert rooms[0].arrivals.skipped_orders == 2
    assert rooms[1].arrivals.skipped_orders == 1


async def test_an_event_of_another_kind_is_skipped_and_counted(anywhere: Peers) -> None:
    """An event of a newer version would leave the process deaf."""
    rooms = [await anywhere.room() for _ in range(2)]
    near, far = await anywhere.guests(*rooms)
    await rooms[0].layer.group_send("room", {"type": "room.of_a_newer_version"})
    near.say("after")
    await far.hear("after")
    assert [room.relay.skipped for room in rooms] == [1, 1]
    assert far.codes == []


async def test_a_relay_that_fails_closes_its_members_and_goes_on(
    anywhere: Peers, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault would leave a process deaf, with its members waiting for ever."""
    rooms = [await anywhere.room() for _ in range(2)]
    near, far = await anywhere.guests(*rooms)

    def fail(batch: object) -> None:
        raise RuntimeError("a defect")

    arrivals = rooms[1].arrivals
    deliver, arrivals.deliver = arrivals.deliver, fail  # type: ignore[method-assign]
    near.say("unheard")
    await until(lambda: far.codes)
    assert far.codes == [1013]
    arrivals.deliver = deliver  # type: ignore[method-assign]
    await until(lambda: not rooms[1].relay.fault)
    [back] = await anywhere.guests(rooms[1])
    [talker] = await anywhere.guests(rooms[0])
    talker.say("heard")
    await back.hear("heard")
    assert "a defect" in caplog.text
