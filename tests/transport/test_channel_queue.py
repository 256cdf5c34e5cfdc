from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat.protocol.frames import frame
from chat.protocol.messages import KICKED, RESTART, TOO_SLOW
from chat.transport.channel_queue import (
    EVENT_BYTES,
    MOST_EVENTS,
    ChannelQueue,
    Gate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
async def queue() -> ChannelQueue:
    return ChannelQueue(lambda: None)


def texts(event: dict[str, Any]) -> list[str]:
    """Return the messages in an event, and check that it is one of messages."""
    assert event["type"] == "room.messages"
    messages: list[str] = event["messages"]
    return messages


def take_all(queue: ChannelQueue) -> Iterator[dict[str, Any]]:
    """Yield all events that wait."""
    while (waiting := queue.receive()).done():
        yield waiting.result()


async def test_frames_and_events_keep_their_order(queue: ChannelQueue) -> None:
    """A member would see messages in another order than all others, or events out of place."""
    queue.write(frame(b"1") + frame(b"2"))
    queue.put({"type": "room.news"})
    queue.write(frame("ü".encode()))
    queue.write(frame(b""))
    assert list(take_all(queue)) == [
        {"type": "room.messages", "messages": ["1", "2"]},
        {"type": "room.news"},
        {"type": "room.messages", "messages": ["ü"]},
        {"type": "room.messages", "messages": [""]},
    ]


async def test_wakes_the_consumer_that_waits(queue: ChannelQueue) -> None:
    """A quiet room would stay quiet for ever."""
    waiting = queue.receive()
    assert not waiting.done()
    queue.write(frame(b"hello"))
    assert texts(await waiting) == ["hello"]
    waiting = queue.receive()
    queue.put({"type": "room.news"})
    assert await waiting == {"type": "room.news"}


async def test_an_event_holds_no_more_than_its_bytes(queue: ChannelQueue) -> None:
    """One member of a slow server would keep the event loop from all others."""
    numbers = [f"{number:0100}" for number in range(1000)]
    queue.write(b"".join(frame(number.encode()) for number in numbers))
    parts = [texts(event) for event in take_all(queue)]
    assert [text for part in parts for text in part] == numbers
    assert len(parts) > 1
    sizes = [len(part) * 102 for part in parts]
    assert all(size <= EVENT_BYTES < size + 102 for size in sizes[:-1])


@pytest.mark.parametrize("size", [EVENT_BYTES, 70_000])
async def test_a_frame_that_is_longer_goes_whole(queue: ChannelQueue, size: int) -> None:
    """Long messages would never arrive, or arrive cut."""
    long = "x" * size
    queue.write(frame(b"before") + frame(long.encode()) + frame(b"behind"))
    assert [texts(event) for event in take_all(queue)] == [["before"], [long], ["behind"]]


async def test_counts_what_waits_until_it_has_been_sent_on(queue: ChannelQueue) -> None:
    """Slow members would fill the memory, or quick ones be closed as slow."""
    first, second = frame(b"x" * 5000), frame(b"y" * 5000)
    assert queue.write(first + second) == len(first + second)
    assert (queue.backlog, queue.taken) == (len(first + second), 0)
    await queue.receive()
    assert (queue.backlog, queue.taken) == (len(first + second), 0)
    queue.put({"type": "room.news"})
    await queue.receive()
    assert (queue.backlog, queue.taken) == (len(second), len(first))
    await queue.receive()
    assert queue.write(first) == len(first)
    assert (queue.backlog, queue.taken) == (len(first), len(first + second))
    assert queue.send(first) == 0


async def test_the_error_goes_before_the_close(queue: ChannelQueue) -> None:
    """A member would be closed without a word, or written to behind the close."""
    queue.write(frame(b"before"))
    queue.close(KICKED, frame(b"why"))
    assert queue.write(frame(b"late")) == 0
    queue.close(RESTART, frame(b"again"))
    close = {"type": "room.close", "code": KICKED.code, "reason": KICKED.meaning}
    before, error, last = take_all(queue)
    assert (texts(before), texts(error), last) == (["before"], ["why"], close)
    assert queue.backlog == 0


async def test_a_close_without_an_error_is_only_a_close(queue: ChannelQueue) -> None:
    """Members would get an empty message before a restart."""
    queue.close(RESTART)
    [last] = take_all(queue)
    assert last == {"type": "room.close", "code": RESTART.code, "reason": RESTART.meaning}


async def test_a_slow_member_gets_the_close_and_nothing_else(queue: ChannelQueue) -> None:
    """The close of a slow member would wait behind megabytes that it does not read."""
    first, second = frame(b"x" * 5000), frame(b"y" * 5000)
    queue.write(first + second)
    queue.put({"type": "room.news"})
    await queue.receive()
    queue.close_slow(TOO_SLOW)
    assert queue.backlog == len(first)  # its server has it
    [last] = take_all(queue)
    assert (last["type"], last["code"]) == ("room.close", TOO_SLOW.code)
    assert (queue.backlog, queue.taken) == (0, len(first))


async def test_events_that_are_too_many_are_dropped_but_no_message_and_no_close(
    queue: ChannelQueue,
) -> None:
    """A consumer that hangs would fill the memory, or its member would miss a message."""
    for _ in range(MOST_EVENTS + 20):
        queue.put({"type": "room.news"})
    queue.write(frame(b"hello"))
    queue.close(RESTART)
    *events, message, close = take_all(queue)
    assert events == [{"type": "room.news"}] * MOST_EVENTS
    assert (texts(message), close["type"]) == (["hello"], "room.close")


async def test_a_closed_gate_holds_messages_back() -> None:
    """The room would be flooded by members whom it does not read from."""
    events: asyncio.Queue[Any] = asyncio.Queue()
    gate = Gate(events.get)
    queue = ChannelQueue(lambda: None)
    queue.pause_reading()  # harmless without a gate
    queue.resume_reading()
    queue.gate = gate
    for text in ("1", "2", "3"):
        events.put_nowait({"type": "websocket.receive", "text": text})
    assert (await gate.receive())["text"] == "1"
    queue.pause_reading()
    held = asyncio.create_task(gate.receive())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not held.done()
    assert events.qsize() >= 1
    queue.resume_reading()
    assert (await asyncio.wait_for(held, 5))["text"] == "2"


async def test_a_closed_gate_lets_the_end_through() -> None:
    """A paced member that leaves would stay as a ghost until its next message is due."""
    end = {"type": "websocket.disconnect", "code": 1001}
    events: asyncio.Queue[Any] = asyncio.Queue()
    gate = Gate(events.get)
    gate.close()
    events.put_nowait(end)
    assert await asyncio.wait_for(gate.receive(), 5) == end


async def test_a_close_opens_the_gate() -> None:
    """A paced member that is closed could not answer, and would be aborted."""
    message = {"type": "websocket.receive", "text": "before the client's answer"}
    events: asyncio.Queue[Any] = asyncio.Queue()
    queue = ChannelQueue(lambda: None)
    queue.gate = Gate(events.get)
    queue.pause_reading()
    queue.close(KICKED)
    events.put_nowait(message)
    assert await asyncio.wait_for(queue.gate.receive(), 5) == message
