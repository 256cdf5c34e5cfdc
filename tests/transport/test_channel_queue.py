from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat.protocol.frames import frame
from chat.protocol.messages import KICKED, RESTART, TOO_SLOW
from chat.transport import channel_queue as module
from chat.transport.channel_queue import CLOSE_SECONDS, EVENT_BYTES, ChannelQueue, Gate
from tests.fakes import until
from tests.transport.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ends:
    """Counts how often a queue tells of its end."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        """Count it."""
        self.count += 1


class CloseTimers(Timers):
    """The timers of the queue; the rest of what it uses of asyncio is real."""

    current_task = staticmethod(asyncio.current_task)


class Taker:
    """A consumer's task, which takes an event when it is told to; `queue` is its channel's."""

    def __init__(self) -> None:
        self.ends = Ends()
        self.events: list[dict[str, Any]] = []
        self.queue: ChannelQueue
        self.task = asyncio.create_task(self._run())
        self._may_take = asyncio.Semaphore(0)

    async def take(self, count: int) -> None:
        """Take so many more events."""
        wanted = len(self.events) + count
        for _ in range(count):
            self._may_take.release()
        await until(lambda: len(self.events) == wanted)

    async def _run(self) -> None:
        self.queue = ChannelQueue(self.ends)
        waiting = self.queue.receive()
        try:
            while True:
                await self._may_take.acquire()
                self.events.append(await waiting)
                waiting = self.queue.receive()
        finally:
            waiting.cancel()


@pytest.fixture
async def queue() -> ChannelQueue:
    return ChannelQueue(Ends())


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
    assert len(queue) == 4
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


async def test_tells_of_its_end_once() -> None:
    """A member would leave twice, or stay as a ghost."""
    taker = Taker()
    await asyncio.sleep(0)
    taker.queue.write(frame(b"hello"))
    await taker.take(1)
    assert taker.ends.count == 0
    taker.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taker.task
    assert taker.ends.count == 1
    assert taker.queue.receive().cancel()
    assert taker.ends.count == 1
    assert taker.queue.write(frame(b"late")) == 0


async def test_a_consumer_that_never_takes_the_close_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client that does not read would keep its connection and its memory for ever."""
    taker = Taker()
    await asyncio.sleep(0)
    gate = taker.queue.gate = Gate(asyncio.Event().wait)
    timers = CloseTimers.of(module, monkeypatch)
    taker.queue.write(frame(b"unread"))
    taker.queue.close(TOO_SLOW)
    assert timers.delays == [CLOSE_SECONDS]
    assert not taker.task.cancelling()
    timers.fire()
    await asyncio.wait([taker.task])
    assert taker.task.cancelled()
    assert (gate.was_aborted, taker.events, timers.waiting) == (True, [], [])


async def test_a_consumer_that_still_takes_gets_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member on a slow line would lose what it is being sent, and why it is closed."""
    taker = Taker()
    await asyncio.sleep(0)
    gate = taker.queue.gate = Gate(asyncio.Event().wait)
    timers = CloseTimers.of(module, monkeypatch)
    taker.queue.write(b"".join(frame(b"x" * EVENT_BYTES) for _ in range(3)))
    await taker.take(1)
    taker.queue.close(RESTART)
    for _ in range(2):
        await taker.take(1)
        timers.fire()
        assert timers.delays == [CLOSE_SECONDS]
    assert not taker.task.cancelling()
    await taker.take(1)
    assert taker.events[-1]["type"] == "room.close"
    assert not gate.was_aborted
    timers.fire()
    await asyncio.wait([taker.task])
    assert (gate.was_aborted, taker.ends.count) == (True, 1)


async def test_a_consumer_that_has_ended_is_not_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the server's task does behind the connection would be cancelled."""
    queue = ChannelQueue(Ends())
    timers = CloseTimers.of(module, monkeypatch)
    queue.close(RESTART)
    [_] = take_all(queue)
    queue.receive().cancel()
    timers.fire()
    assert timers.waiting == []
    await asyncio.sleep(0)  # raises if this task, which made the queue, was cancelled


async def test_a_closed_gate_holds_messages_back() -> None:
    """The room would be flooded by members whom it does not read from."""
    events: asyncio.Queue[str] = asyncio.Queue()
    gate = Gate(events.get)
    queue = ChannelQueue(Ends())
    queue.pause_reading()  # harmless without a gate
    queue.resume_reading()
    queue.gate = gate
    events.put_nowait("1")
    assert await gate.receive() == "1"
    queue.pause_reading()
    events.put_nowait("2")
    held = asyncio.create_task(gate.receive())
    done, _ = await asyncio.wait([held], timeout=0.02)
    assert not done
    queue.resume_reading()
    assert await asyncio.wait_for(held, 5) == "2"


async def test_a_close_opens_the_gate() -> None:
    """A paced member that is closed could not answer, and would be aborted."""
    events: asyncio.Queue[str] = asyncio.Queue()
    queue = ChannelQueue(Ends())
    queue.gate = Gate(events.get)
    queue.pause_reading()
    queue.close(KICKED)
    events.put_nowait("the client's answer")
    assert await asyncio.wait_for(queue.gate.receive(), 5) == "the client's answer"
