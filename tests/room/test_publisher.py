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

    async def send_at_once(self, batch: dict[str, Any]) -> None:
        """Take a batch without waiting, unless it is a bad one or one that has to wait."""
        self.events.append(batch["frames"].decode())
        if batch["frames"] == b"bad":
            raise ConnectionError("lost")
        if batch["frames"] == b"slow":
            await asyncio.sleep(0)

    def fail(self) -> None:
        """Stand for what closes all members."""
        self.events.append("failed")


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
    """What members send at once would be written to everybody one by one."""
    scene = Scene()
    scene.publisher.publish_at_once(scene.send_at_once, scene.fail)
    done = ["published, 0 in flight", "released"]
    for text in (b"a", b"b"):
        scene.outbox.add(text)
    assert scene.events == []
    await until(lambda: scene.events)
    assert scene.events == ["ab", *done]
    scene.outbox.add(b"c")
    await until(lambda: len(scene.events) > 3)
    assert scene.events[3:] == ["c", *done]


@pytest.mark.parametrize(
    ("text", "reason"), [(b"bad", "lost"), (b"slow", "the channel layer in memory waited")]
)
async def test_a_fault_in_memory_is_reported_and_the_next_batch_goes_on(
    text: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Members would miss a batch without a word, or the room be silent until a restart."""
    scene = Scene()
    scene.publisher.publish_at_once(scene.send_at_once, scene.fail)
    done = ["published, 0 in flight", "released"]
    scene.outbox.add(text)
    await until(lambda: scene.events)
    assert scene.events == [text.decode(), "failed", *done]
    assert reason in caplog.text
    scene.outbox.add(b"later")
    await until(lambda: len(scene.events) > 4)
    assert scene.events[4:] == ["later", *done]
