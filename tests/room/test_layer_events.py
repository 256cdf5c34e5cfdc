"""Events that a developer sends to members, through the room's group and groups beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from chat.consumers import ChatConsumer
from chat.room.layer import ROOM
from chat.transport.channel_queue import MOST_EVENTS
from tests.fakes import until
from tests.in_process import Connection, LocalRoom, SocketConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

kinds = pytest.mark.parametrize("kind", [Connection, SocketConnection], ids=["channel", "socket"])


class Reader(ChatConsumer):
    """A consumer with a handler of a developer, which records what it gets."""

    groups = ["readers"]  # noqa: RUF012 - as Channels' documentation writes it
    news: ClassVar[list[tuple[str, Any]]] = []

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._is_busy = False

    async def room_news(self, event: Any) -> None:
        """Record an event, with a pause in the middle; fail at some."""
        assert not self._is_busy, "two events at a time"
        self._is_busy = True
        await asyncio.sleep(0)
        self._is_busy = False
        if event["number"] in event.get("bad", ()):
            raise LookupError("a defect in a developer's code")
        _, _, member_id = self.channel_name.partition("!")
        self.news.append((member_id, event["number"]))

    async def _private(self, event: Any) -> None:
        self.news.append((self.channel_name, event))


def news_of(connection: Connection) -> list[Any]:
    """Return the numbers that a member's handler got."""
    return [number for member_id, number in Reader.news if member_id == connection.id]


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalRoom]:
    Reader.news.clear()
    async with LocalRoom(monkeypatch, Reader) as local:
        yield local


def news(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "room.news", "number": number, **more}


@pytest.mark.parametrize("group", [ROOM, "readers"])
@kinds
async def test_events_reach_every_member_in_order(
    room: LocalRoom, kind: type[Connection], group: str
) -> None:
    """What a developer sends to a group would reach nobody, or arrive out of order."""
    anna, bert = await room.join_two(kind)
    for number in range(10):
        await room.layer.group_send(group, news(number))
    await until(lambda: len(Reader.news) == 20)
    assert news_of(anna) == news_of(bert) == list(range(10))
    assert room.layer.skipped == 0


@kinds
async def test_an_event_to_a_member_s_channel_reaches_that_member(
    room: LocalRoom, kind: type[Connection]
) -> None:
    """A developer could not tell something to one member from outside its consumer."""
    anna, bert = await room.join_two(kind)
    for number in range(3):
        await room.layer.send(f"member!{anna.id}", news(number))
    await until(lambda: len(news_of(anna)) == 3)
    assert (news_of(anna), news_of(bert)) == ([0, 1, 2], [])


async def test_events_and_messages_keep_their_order(room: LocalRoom) -> None:
    """An event could overtake the chats before it, and the handler would know of the future."""
    anna = await room.join()
    queue = room.layer.queue(f"member!{anna.id}")
    await anna.chat("before")
    await until(lambda: queue.backlog or queue.taken)
    await room.layer.group_send(ROOM, news(1))
    await until(lambda: Reader.news)
    assert not anna.communicator.output_queue.empty()


async def test_events_that_are_too_many_are_dropped(room: LocalRoom) -> None:
    """A handler that hangs would fill the memory."""
    anna = await room.join(SocketConnection)
    for number in range(2 * MOST_EVENTS):
        await room.layer.group_send(ROOM, news(number))
    await until(lambda: len(news_of(anna)) >= MOST_EVENTS)
    await room.layer.group_send(ROOM, news(-1))
    await until(lambda: news_of(anna)[-1] == -1)
    assert news_of(anna) == [*range(MOST_EVENTS), -1]


async def test_a_failing_event_is_logged_and_ends_nothing_else(
    room: LocalRoom, caplog: pytest.LogCaptureFixture
) -> None:
    """One exception would end a member under Daphne, or lose the events behind it."""
    anna, bert = await room.join_two(SocketConnection)
    for number in range(4):
        await room.layer.group_send(ROOM, news(number, bad=(1,)))
    await until(lambda: news_of(bert)[-1:] == [3] and news_of(anna)[-1:] == [3])
    assert news_of(anna) == news_of(bert) == [0, 2, 3]
    assert "a defect in a developer's code" in caplog.text
    assert room.members == [anna.id, bert.id]


async def test_a_failing_event_ends_its_member_alone_without_a_socket(room: LocalRoom) -> None:
    """One exception would leave a ghost under uvicorn, or end everybody's connection."""
    anna, bert = await room.join_two()
    await room.layer.send(f"member!{bert.id}", news(1, bad=(1,)))
    assert await anna.receive() == ("system", "disconnect", bert.id)
    await room.layer.group_send(ROOM, news(2))
    await until(lambda: Reader.news)
    assert news_of(anna) == [2]


@pytest.mark.parametrize("to_all", [True, False], ids=["group", "channel"])
@pytest.mark.parametrize(
    "event",
    [
        {"type": "from.the.future"},
        {"type": "_private"},
        {"type": ".private"},
        {"type": ""},
        {"type": None},
        {"type": 5},
        {},
        {"type": "member"},
        {"type": "chat"},
    ],
    ids=str,
)
@kinds
async def test_an_event_without_a_handler_is_counted_and_ends_nobody(
    room: LocalRoom, kind: type[Connection], event: dict[str, Any], to_all: bool
) -> None:
    """One event of a newer version, or a slip in its type, would end every connection."""
    anna, bert = await room.join_two(kind)
    for count in (1, 2):
        if to_all:
            await room.layer.group_send(ROOM, event)
        else:
            await room.layer.send(f"member!{anna.id}", event)
        assert room.layer.skipped == count
    await anna.chat("still here")
    for connection in (anna, bert):
        assert await connection.receive() == (anna.id, "chat", "still here")
    assert (room.members, Reader.news) == ([anna.id, bert.id], [])


@kinds
async def test_groups_of_a_developer_are_left_alone(
    room: LocalRoom, kind: type[Connection]
) -> None:
    """Leaving a group beside the room would take the member out of the room."""
    anna, bert = await room.join_two(kind)
    channel = f"member!{anna.id}"
    await room.layer.group_add("vip", channel)
    await room.layer.group_send("vip", news(1))
    await until(lambda: Reader.news)
    await room.layer.group_discard("vip", channel)
    await room.layer.group_send("vip", news(2))
    await room.layer.group_send(ROOM, news(3))
    await until(lambda: len(Reader.news) == 3)
    assert (news_of(anna), news_of(bert)) == ([1, 3], [3])
    assert (room.members, room.leaves.seen) == ([anna.id, bert.id], [])


@kinds
async def test_a_member_that_leaves_is_in_none_of_a_consumer_s_groups(
    room: LocalRoom, kind: type[Connection]
) -> None:
    """Events would pile up in the channels of members that left, whose code would be lost."""
    anna, bert = await room.join_two(kind)
    await bert.disconnect(1001)
    assert await anna.receive() == ("system", "disconnect", bert.id)
    await until(lambda: room.layer._groups["readers"] == {f"member!{anna.id}"})
    assert room.leaves.seen == [(bert.id, 1001, "")]
