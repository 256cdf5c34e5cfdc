from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat.room.listener import Listener
from chat.room.outbox import Outbox
from chat.room.publisher import Publisher
from tests.fakes import until


class Scene(Listener):
    """An outbox with its publisher, and all that happens, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.outbox = Outbox()
        self.publisher = Publisher(self.outbox, self, [self])  # type: ignore[arg-type]
        self.is_open = asyncio.Event()
        self.is_open.set()

    def published(self, seconds: float) -> None:
        """Remember it."""
        assert 0 <= seconds < 60
        self.events.append(f"published, {self.outbox.in_flight} in flight")

    def release(self) -> None:
        """Stand for the brake."""
        self.events.append("released")

    async def settle(self, outbox: Outbox) -> None:
        """Stand for what waits for other processes."""
        assert outbox is self.outbox
        self.events.append("settled")

    async def send(self, batch: dict[str, Any]) -> None:
        """Take a batch when the scene is open."""
        self.events.append(batch["frames"].decode())
        await self.is_open.wait()

    def send_at_once(self, batch: dict[str, Any]) -> None:
        """Take a batch."""
        self.events.append(batch["frames"].decode())
        if batch["frames"] == b"bad":
            raise ConnectionError("lost")


async def test_one_batch_is_in_flight_and_what_comes_meanwhile_is_the_next() -> None:
    """Each message would cost a round trip, or overtake the one before."""
    scene = Scene()
    scene.outbox.add(b"a")
    task = asyncio.create_task(scene.publisher.run(scene.send, scene.settle))
    done = ["published, 0 in flight", "released"]
    await until(lambda: len(scene.events) == 4)
    assert scene.events == ["settled", "a", *done]
    scene.is_open.clear()
    scene.outbox.add(b"b")
    await until(lambda: len(scene.events) == 6)
    scene.outbox.add(b"c")
    scene.outbox.add(b"d")
    await asyncio.sleep(0.02)
    assert scene.events[4:] == ["settled", "b"]
    scene.is_open.set()
    await until(lambda: len(scene.events) == 12)
    assert scene.events[6:] == [*done, "settled", "cd", *done]
    scene.outbox.add(b"e")
    await until(lambda: len(scene.events) == 16)
    assert scene.events[12:] == ["settled", "e", *done]
    task.cancel()


async def test_in_memory_a_turn_of_the_loop_is_a_batch() -> None:
    """What members say at once would be written to everybody one by one."""
    scene = Scene()
    scene.outbox.add(b"before")
    task = asyncio.create_task(scene.publisher.run_at_once(scene.send_at_once))
    done = ["published, 0 in flight", "released"]
    await until(lambda: scene.events)
    assert scene.events == ["before", *done]
    for text in (b"a", b"b"):
        scene.outbox.add(text)
    assert len(scene.events) == 3
    await until(lambda: len(scene.events) > 3)
    assert scene.events[3:] == ["ab", *done]
    task.cancel()


async def test_a_fault_in_memory_ends_it_and_nothing_is_sent_behind_it() -> None:
    """Members would hear what was said after something that they missed."""
    scene = Scene()
    task = asyncio.create_task(scene.publisher.run_at_once(scene.send_at_once))
    await asyncio.sleep(0)
    scene.outbox.add(b"bad")
    scene.outbox.on_filled()
    with pytest.raises(ConnectionError, match="lost"):
        await task
    scene.outbox.add(b"later")
    await asyncio.sleep(0.01)
    assert scene.events == ["bad", "published, 0 in flight", "released"]
