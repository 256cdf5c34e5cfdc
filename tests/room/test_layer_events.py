"""Events that a developer sends to the room, and groups and channels beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from channels import DEFAULT_CHANNEL_LAYER
from channels.consumer import AsyncConsumer
from channels.layers import InMemoryChannelLayer, channel_layers
from channels.testing import ApplicationCommunicator

from chat.consumers import ChatConsumer
from chat.room.layer import ROOM
from chat.room.memory_layer import MemoryLayer
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
    if to_all:
        await room.layer.group_send(ROOM, event)
    else:
        await room.layer.send(f"member!{anna.id}", event)
    assert room.layer.skipped == 1
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


class Worker(AsyncConsumer):
    """A consumer beside the room: a bot, say."""

    async def worker_start(self, _: Any) -> None:
        """Join a group of its own."""
        await self.channel_layer.group_add("workers", self.channel_name)
        await self.send({"type": "started", "channel": self.channel_name})

    async def worker_stop(self, _: Any) -> None:
        """Leave it."""
        await self.channel_layer.group_discard("workers", self.channel_name)
        await self.send({"type": "stopped"})

    async def worker_task(self, event: Any) -> None:
        """Tell what is to be done."""
        await self.send({"type": "done", "number": event["number"]})


@pytest.mark.parametrize("make_layer", [InMemoryChannelLayer, MemoryLayer])
async def test_a_second_consumer_has_groups_and_channels_of_its_own(
    monkeypatch: pytest.MonkeyPatch, make_layer: type[Any]
) -> None:
    """Nothing that a developer adds beside the room would receive its events."""
    layer = make_layer()
    monkeypatch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, layer)
    workers = [ApplicationCommunicator(Worker.as_asgi(), {"type": "worker"}) for _ in range(2)]  # type: ignore[no-untyped-call]
    channels = []
    for worker in workers:
        await worker.send_input({"type": "worker.start"})
        channels.append((await worker.receive_output())["channel"])
    for number in range(3):
        await layer.group_send("workers", {"type": "worker.task", "number": number})
        for worker in workers:
            assert await worker.receive_output() == {"type": "done", "number": number}
    await workers[0].send_input({"type": "worker.stop"})
    assert await workers[0].receive_output() == {"type": "stopped"}
    await layer.group_send("workers", {"type": "worker.task", "number": 3})
    await layer.send(channels[0], {"type": "worker.task", "number": 4})
    assert await workers[0].receive_output() == {"type": "done", "number": 4}
    assert await workers[1].receive_output() == {"type": "done", "number": 3}
    for worker in workers:
        worker.stop()


async def test_a_channel_with_a_name_carries_events_to_a_worker(room: LocalRoom) -> None:
    """Channels' background workers, which receive from a channel by its name, would get nothing."""
    for number in range(3):
        await room.layer.send("thumbnails", {"type": "make", "number": number})
    received = [await room.layer.receive("thumbnails") for _ in range(3)]
    assert [event["number"] for event in received] == [0, 1, 2]
