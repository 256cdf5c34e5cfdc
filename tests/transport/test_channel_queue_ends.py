"""`ChannelQueue` at the end of a connection: the close event, its timeout, the callback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat.protocol.frames import frame
from chat.protocol.messages import RESTART, TOO_SLOW
from chat.transport import channel_queue as module
from chat.transport.channel_queue import (
    CLOSE_CHANCES,
    CLOSE_SECONDS,
    EVENT_BYTES,
    ChannelQueue,
    Gate,
)
from tests.fakes import until
from tests.transport.timers import Timers


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


async def test_more_time_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that takes a byte now and then would keep its connection for ever."""
    taker = Taker()
    await asyncio.sleep(0)
    timers = CloseTimers.of(module, monkeypatch)
    taker.queue.write(b"".join(frame(b"x" * EVENT_BYTES) for _ in range(CLOSE_CHANCES + 3)))
    await taker.take(1)
    taker.queue.close(RESTART)
    for _ in range(CLOSE_CHANCES):
        await taker.take(1)
        timers.fire()
    assert not taker.task.cancelling()
    await taker.take(1)
    timers.fire()
    assert taker.task.cancelling()
    assert timers.waiting == []


async def test_a_consumer_that_has_ended_is_not_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the server's task does behind the connection would be cancelled."""
    queue = ChannelQueue(Ends())
    timers = CloseTimers.of(module, monkeypatch)
    queue.close(RESTART)
    assert queue.receive().done()
    queue.receive().cancel()
    timers.fire()
    assert timers.waiting == []
    await asyncio.sleep(0)  # raises if this task, which made the queue, was cancelled
