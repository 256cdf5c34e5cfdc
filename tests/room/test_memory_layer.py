from __future__ import annotations

import asyncio

import pytest

from chat.room.memory_layer import MemoryLayer


@pytest.fixture
async def layer() -> MemoryLayer:
    """Return a layer of its own."""
    return MemoryLayer()


async def test_every_channel_of_the_group_gets_every_message_in_order(layer: MemoryLayer) -> None:
    """Members would miss messages, or see them in another order than others."""
    channels = [await layer.new_channel() for _ in range(3)]
    for channel in channels:
        await layer.group_add("room", channel)
    for number in range(1000):
        await layer.group_send("room", {"type": "test", "number": number})
    for channel in channels:
        heard = [(await layer.receive(channel))["number"] for _ in range(1000)]
        assert heard == list(range(1000))


async def test_nothing_is_dropped_however_much_waits(layer: MemoryLayer) -> None:
    """The stock layer drops in silence what finds more than a hundred messages waiting."""
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    for number in range(5000):
        await layer.group_send("room", {"number": number})
    assert [(await layer.receive(channel))["number"] for _ in range(5000)] == list(range(5000))


async def test_a_receiver_that_waits_is_woken(layer: MemoryLayer) -> None:
    """A quiet room would stay quiet for ever."""
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    receiving = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(0)
    await layer.group_send("room", {"number": 1})
    assert await asyncio.wait_for(receiving, 5) == {"number": 1}


async def test_who_left_the_group_hears_no_more(layer: MemoryLayer) -> None:
    """Messages would pile up for somebody who never takes them."""
    stays, goes = await layer.new_channel(), await layer.new_channel()
    for channel in (stays, goes):
        await layer.group_add("room", channel)
    await layer.group_discard("room", goes)
    await layer.group_send("room", {"number": 1})
    assert await layer.receive(stays) == {"number": 1}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(layer.receive(goes), 0.05)


async def test_a_group_that_nobody_is_in_takes_messages(layer: MemoryLayer) -> None:
    """The last member's leave would fail for want of a receiver."""
    await layer.group_send("room", {"number": 1})
    assert layer.groups == {}


async def test_a_listener_hears_in_the_order_of_sending_and_before_it_ends(
    layer: MemoryLayer,
) -> None:
    """The room would wait for a task to run, or hear its messages in another order."""
    heard: list[dict[str, int]] = []
    channel = await layer.new_channel()
    layer.listen(channel, heard.append)
    await layer.group_add("room", channel)
    for number in range(3):
        layer.hand_out("room", {"number": number})
        assert [message["number"] for message in heard] == list(range(number + 1))
    await layer.group_send("room", {"number": 3})
    await layer.group_discard("room", channel)
    await layer.group_send("room", {"number": 4})
    assert [message["number"] for message in heard] == list(range(4))


async def test_who_left_the_group_is_heard_by_its_listener_no_more(layer: MemoryLayer) -> None:
    """A process that takes part again would hand each batch to what it was before, too."""
    heard: list[dict[str, int]] = []
    channel = await layer.new_channel()
    layer.listen(channel, heard.append)
    await layer.group_add("room", channel)
    await layer.group_discard("room", channel)
    await layer.group_add("room", channel)
    layer.hand_out("room", {"number": 1})
    assert await asyncio.wait_for(layer.receive(channel), 5) == {"number": 1}
    assert heard == []
