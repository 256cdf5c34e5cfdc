from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.wschat_tools.load.rooms import Room, open_room
from wschat_tools.load import Chatted, ClosedLoop, Crowd, Joining, parse_address
from wschat_tools.load import crowd as crowd_module
from wschat_tools.load.quiet import quiet

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection


async def chat(room: Room, members: int = 6, senders: int = 3, size: int = 64) -> Chatted:
    async with open_room(room) as url, Crowd(parse_address(url)) as crowd:
        await Joining(crowd, members).run(patience=5, settle=0.5)
        return await ClosedLoop(crowd, senders, size=size).run(0.3, warm=0.1, settle=0.5)


@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("size", [16, 64, 300, 70_000])
async def test_faithful_room(spaces: tuple[str, str], size: int) -> None:
    """Without it a good server could be told that it loses or reorders chats."""
    room = Room()
    room.spaces = spaces
    chatted = await chat(room, size=size)
    assert chatted.deliveries > 0
    assert chatted.sent >= 12
    assert chatted.expected == chatted.sent * 6
    assert (chatted.lost, chatted.extra, chatted.garbled) == (0, 0, 0)
    assert chatted.same_stream
    assert len(chatted.latencies) > 0
    assert chatted.problems == {}


async def test_fields_in_another_order() -> None:
    """Without it servers that write their fields in another order could not be measured."""

    class Reordered(Room):
        def encode(self, sender: str, action: str, contents: str) -> str:
            return (
                f'{{"timestamp": 1, "contents": "{contents}", '
                f'"action": "{action}", "sender": "{sender}"}}'
            )

    chatted = await chat(Reordered())
    assert chatted.sent > 12
    assert (chatted.lost, chatted.garbled) == (0, 0)


async def test_lost_chats_are_counted() -> None:
    """Without it a server that skips a member in silence would win benchmarks."""

    class Forgetful(Room):
        async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
            if place != 5 or '"chat"' not in text or self.told % 10:
                await connection.send(text)

    room = Forgetful()
    chatted = await chat(room)
    joins = 6
    missing = sum(1 for told in range(joins + 1, joins + chatted.sent + 1) if told % 10 == 0)
    assert chatted.lost == missing > 0
    assert chatted.extra == 0


async def test_doubled_chats_are_counted() -> None:
    """Without it a server that sends twice would look twice as fast."""

    class Stuttering(Room):
        async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
            await connection.send(text)
            if '"chat"' in text:
                await connection.send(text)

    chatted = await chat(Stuttering())
    assert chatted.extra >= chatted.sent
    assert chatted.lost == 0


async def test_another_order_for_one_member_is_told() -> None:
    """Without it nobody would learn that members of a server disagree about what came first."""

    class Unordered(Room):
        def __init__(self) -> None:
            super().__init__()
            self.kept: list[str] = []

        async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
            if place != 3 or '"chat"' not in text:
                await connection.send(text)
                return
            self.kept.append(text)
            if len(self.kept) == 3:
                for kept in reversed(self.kept):
                    await connection.send(kept)
                self.kept.clear()

    chatted = await chat(Unordered(), senders=2)
    assert not chatted.same_stream
    assert chatted.lost <= 2
    assert chatted.deliveries > 0


async def test_times_of_each_member_s_own() -> None:
    """Without it a server that writes the time for each member anew could not be measured."""

    class Timely(Room):
        count = 0

        def encode(self, sender: str, action: str, contents: str) -> str:
            self.count += 1
            text = super().encode(sender, action, contents)
            return text.replace("1700000000", str(1_700_000_000 + self.count))

        async def tell(self, sender: str, action: str, contents: str) -> None:
            for connection in list(self.members):
                await connection.send(self.encode(sender, action, contents))

    chatted = await chat(Timely())
    assert not chatted.same_stream
    assert (chatted.lost, chatted.extra, chatted.garbled) == (0, 0, 0)
    assert len(chatted.latencies) > 0


async def test_garbled_chats_are_counted() -> None:
    """Without it contents could come back changed, and all would seem well."""

    class Garbling(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            await super().hear(connection, contents[::-1])

    chatted = await chat(Garbling())
    assert chatted.garbled == chatted.arrived > 0
    assert chatted.lost == 0


async def test_pings_amid_the_chat() -> None:
    """Without it a server's pings would look like another order of chats."""

    class Pinging(Room):
        async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
            if (self.told + place) % 7 == 0:
                await connection.ping()
            await connection.send(text)

    chatted = await chat(Pinging())
    assert chatted.same_stream
    assert (chatted.lost, chatted.garbled) == (0, 0)
    assert chatted.problems == {}


async def test_member_that_is_closed_midway() -> None:
    """Without it nobody would learn with which code a server throws members out."""

    class Closing(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            await super().hear(connection, contents)
            last = list(self.members)[-1]
            if self.told == 40:
                await last.close(1008, "enough")

    chatted = await chat(Closing(), members=8, senders=2)
    assert chatted.problems == {"closed with 1008 enough": 1}
    assert chatted.expected == chatted.sent * 7
    assert chatted.lost == 0


async def test_reference_is_forgotten_behind_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it a long test would fill the memory with what everyone has read."""
    monkeypatch.setattr(crowd_module, "FORGET_BYTES", 10_000)
    async with open_room(Room()) as url, Crowd(parse_address(url)) as crowd:
        crowd._forget_at = 10_000
        await Joining(crowd, 5).run()
        first = await ClosedLoop(crowd, 3).run(0.3, warm=0)
        second = await ClosedLoop(crowd, 5).run(0.3, warm=0)
        stream = crowd.reference.stream
        assert stream.base > 0
        assert len(stream.data) < 100_000
        assert len(stream.chat_ends) < 1000
    assert (first.lost, second.lost, second.extra, second.garbled) == (0, 0, 0, 0)
    assert second.sent > 0


async def test_sender_that_hears_nothing_says_it_again() -> None:
    """Without it one lost chat after another would bring a benchmark to a standstill."""

    class Deaf(Room):
        async def hear(self, connection: ServerConnection, contents: str) -> None:
            del connection, contents

    async with open_room(Deaf()) as url, Crowd(parse_address(url)) as crowd:
        await Joining(crowd, 2).run()
        loop = ClosedLoop(crowd, 2, outstanding=2, patience=0.1)
        chatted = await loop.run(0.6, warm=0, settle=0.1)
    assert chatted.sent > 4
    assert chatted.lost == chatted.expected


async def test_member_that_never_reads() -> None:
    """Without it the case of a slow reader would itself be a reader."""
    room = Room()
    async with open_room(room) as url, Crowd(parse_address(url)) as crowd:
        await Joining(crowd, 3).run()
        joining = Joining(crowd, 1, receive_buffer=4096)
        joined = await joining.run()
        assert joined.members == 1
        crowd.deafen(joining.members[0])
        chatted = await ClosedLoop(crowd, 2).run(0.1, warm=0)
        assert chatted.expected == chatted.sent * 3
        assert chatted.lost == 0
        uuid = joining.members[0].uuid
        assert not crowd.has_left(uuid)
        joining.members[0].sock.close()
        assert await quiet(crowd, lambda: crowd.has_left(uuid), 5)
    await asyncio.sleep(0)
