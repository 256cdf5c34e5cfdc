"""Consumers, groups and channels that a developer adds beside the room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from channels import DEFAULT_CHANNEL_LAYER
from channels.consumer import AsyncConsumer
from channels.layers import InMemoryChannelLayer, channel_layers
from channels.testing import ApplicationCommunicator

from chat.room.layer import ROOM
from chat.room.memory_layer import MemoryLayer
from chat.transport.channel_queue import MOST_EVENTS
from tests.in_process import LocalRoom

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalRoom]:
    async with LocalRoom(monkeypatch) as local:
        yield local


def task(number: int) -> dict[str, Any]:
    return {"type": "worker.task", "number": number}


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
        await layer.group_send("workers", task(number))
        for worker in workers:
            assert await worker.receive_output() == {"type": "done", "number": number}
    await workers[0].send_input({"type": "worker.stop"})
    assert await workers[0].receive_output() == {"type": "stopped"}
    await layer.group_send("workers", task(3))
    await layer.send(channels[0], task(4))
    assert await workers[0].receive_output() == {"type": "done", "number": 4}
    assert await workers[1].receive_output() == {"type": "done", "number": 3}
    for worker in workers:
        worker.stop()


async def test_a_channel_with_a_name_carries_events_to_a_worker(room: LocalRoom) -> None:
    """Channels' background workers, which receive from a channel by its name, would get nothing."""
    for number in range(3):
        await room.layer.send("thumbnails", task(number))
    received = [await room.layer.receive("thumbnails") for _ in range(3)]
    assert [event["number"] for event in received] == [0, 1, 2]


async def test_other_channels_may_be_in_the_room_s_group(room: LocalRoom) -> None:
    """A bot beside the members could not receive what the room's group is sent."""
    anna = await room.join()
    await room.layer.group_add(ROOM, "a bot")
    await room.layer.group_send(ROOM, task(1))
    assert await room.layer.receive("a bot") == task(1)
    await room.layer.group_discard(ROOM, "a bot")
    await room.layer.group_send(ROOM, task(2))
    await room.layer.send("a bot", task(3))
    assert await room.layer.receive("a bot") == task(3)
    await anna.chat("still here")
    assert await anna.receive() == (anna.id, "chat", "still here")
    assert (room.members, room.leaves.seen) == ([anna.id], [])


async def test_a_flush_empties_the_groups_beside_the_room(room: LocalRoom) -> None:
    """Channels' own tests of a project empty the layer in between: one would see another's."""
    assert set(room.layer.extensions) == {"groups", "flush"}
    await room.layer.group_add("workers", "a bot")
    await room.layer.flush()
    await room.layer.group_send("workers", task(1))
    await room.layer.send("a bot", task(2))
    assert await room.layer.receive("a bot") == task(2)


async def test_no_more_events_wait_than_in_channels_own_layers(room: LocalRoom) -> None:
    """A worker that hangs would fill the memory."""
    for number in range(MOST_EVENTS + 20):
        await room.layer.send("a bot", task(number))
    received = [await room.layer.receive("a bot") for _ in range(MOST_EVENTS)]
    assert received == [task(number) for number in range(MOST_EVENTS)]
    await room.layer.send("a bot", task(-1))
    assert await room.layer.receive("a bot") == task(-1)


async def test_nothing_is_kept_for_members_that_have_left(room: LocalRoom) -> None:
    """Events to the channels of members that left would fill the memory."""
    anna, bert = await room.join_two()
    channel = f"member!{bert.id}"
    await room.layer.group_add("workers", channel)
    await bert.disconnect()
    await anna.receive_until(bert.id)
    await room.layer.send(channel, task(1))
    await room.layer.group_send("workers", task(2))
    assert list(room.layer._queues) == [f"member!{anna.id}"]


async def test_a_channel_that_was_used_once_is_forgotten(room: LocalRoom) -> None:
    """Each request to a worker, answered on a channel of its own, would leave a channel behind."""
    for number in range(10):
        channel = await room.layer.new_channel("answer")
        await room.layer.send(channel, task(number))
        assert await room.layer.receive(channel) == task(number)
    assert list(room.layer._queues) == []
