"""Every figure is of what its name says: a wrong one is worse than none."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import TYPE_CHECKING

import pytest

from chat.config.conf import conf
from chat.door.visitor import Visitor
from chat.ops.operations import Operations
from chat.protocol.frames import payloads
from chat.serving.assembly import make_room
from tests.fakes import FakeTransport, HeldLayer, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chat.room.member import Member

OUTBOX = 2048
WAIT = 0.02


class Measured:
    """A room that is measured, over a layer that can hang."""

    def __init__(self) -> None:
        self.layer = HeldLayer()
        settings = dataclasses.replace(conf, outbox_bytes=OUTBOX, history=9)
        self.parts = make_room(self.layer, settings)
        self.operations = Operations(self.parts)
        self.metrics = self.operations.metrics()
        self.parts.listeners.extend([self.operations.tally, self.metrics])
        self.sockets: list[FakeTransport] = []

    def join(self, socket: FakeTransport | None = None, *, history: int = 0) -> Member:
        """Bring one in, whose own connect is still on the way."""
        self.sockets.append(socket or FakeTransport())
        return self.parts.room.join(self.sockets[-1], Visitor(history=history))

    def say(self, member: Member, text: str) -> None:
        """Say something."""
        self.parts.room.say(member, f'{{"contents":"{text}"}}')

    async def heard(self, text: str) -> None:
        """Wait until all have heard it."""
        await until(lambda: all(text.encode() in socket.heard for socket in self.sockets))

    def shown(self, name: str, **labels: str) -> float:
        """Return what a monitor reads."""
        value = self.metrics.registry.get_sample_value(f"wschat_{name}", labels)
        assert value is not None, name
        return value


@pytest.fixture
async def room() -> AsyncIterator[Measured]:
    """Make a room, and stop it in the end."""
    made = Measured()
    await made.parts.relay.start()
    yield made
    await made.parts.stop()


async def test_what_is_sent_counts_once_for_each_who_gets_it(room: Measured) -> None:
    """The traffic of a room would be shown as twice what it is, or as that of one member."""
    anna = room.join()
    await room.heard(anna.id)
    room.say(anna, "before")
    bert = room.join()
    room.say(anna, "between")
    carl = room.join(history=5)
    await room.heard(carl.id)
    room.say(bert, "x" * 500)
    room.parts.room.leave(carl, 1000)
    gone = room.sockets.pop()
    await room.heard("x" * 500)
    heard = [socket.heard for socket in (*room.sockets, gone)]
    messages = sum(len(list(payloads(each))) for each in heard)
    assert messages == (1 + 4 + 2) + (3 + 2) + (1 + 2)
    assert room.shown("messages_sent_total") == messages
    assert room.shown("bytes_sent_total") == sum(map(len, heard))


async def test_newcomers_of_two_batches_in_one_flush_count(room: Measured) -> None:
    """While many come, what is sent to them would be missing."""
    anna = room.join()
    await room.heard(anna.id)
    room.parts.fanout._next_flush_at = time.monotonic() + WAIT
    room.join()
    await until(lambda: room.parts.fanout.pending_bytes)
    room.say(anna, "both of us")
    await room.heard("both of us")
    assert room.shown("messages_sent_total") == 1 + 2 + 2


async def test_what_members_did_counts_once_also_when_they_have_gone(room: Measured) -> None:
    """A busy room would be shown as one that people leave, or the other way round."""
    anna, bert = room.join(), room.join()
    room.say(anna, "one")
    room.say(anna, "two")
    room.say(bert, "three")
    room.parts.room.leave(anna, 4001)
    assert room.shown("joins_total") == 2
    assert room.shown("members") == 1
    assert room.shown("leaves_total", code="4001") == 1
    assert room.shown("messages_received_total") == 3
    assert room.shown("bytes_received_total") == len('{"contents":""}') * 3 + len("onetwothree")


async def test_times_are_those_that_it_took(
    room: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer or a machine that has become slow would look as quick as ever."""
    anna = room.join()
    await room.heard(anna.id)
    names = ("publish", "delivery", "flush")
    before = {name: room.shown(f"{name}_seconds_sum") for name in names}
    [socket] = room.sockets
    write = socket.write

    def write_slowly(frames: bytes) -> int:
        time.sleep(WAIT)
        return write(frames)

    monkeypatch.setattr(socket, "write", write_slowly)
    room.metrics.published(WAIT)
    room.layer.is_open = False
    room.say(anna, "slow")
    await asyncio.sleep(WAIT)
    room.layer.release()
    await room.heard("slow")
    await until(lambda: room.shown("flush_seconds_count") == 2)
    for name in names:
        assert room.shown(f"{name}_seconds_sum") - before[name] >= WAIT * 0.9, name
    assert room.shown("flush_bytes_sum") == len(socket.heard)


async def test_paused_and_slow_members_are_told_apart(room: Measured) -> None:
    """An operator would look for slow networks where somebody floods."""
    deaf = [room.join(FakeTransport(space=0)) for _ in range(2)]
    talker = room.join()
    await until(lambda: all(socket.written for socket in room.sockets))
    room.say(talker, "x" * OUTBOX)
    assert (room.shown("slow_members"), room.shown("paused_members")) == (len(deaf), 1)


async def test_what_waits_to_be_published_is_shown(room: Measured) -> None:
    """A layer that takes nothing would show only when the room stands still."""
    anna = room.join()
    await room.heard(anna.id)
    assert room.shown("outbox_bytes") == 0
    sent = room.shown("bytes_sent_total")
    room.say(anna, "waits")
    waiting = room.shown("outbox_bytes")
    await room.heard("waits")
    assert waiting == room.shown("bytes_sent_total") - sent


def test_what_the_recorder_lost_is_no_failure() -> None:
    """An operator would not know whether anything is missing from the log."""
    measured = Measured()
    measured.operations.recorder.dropped = 3
    measured.operations.recorder.failures = 5
    assert measured.shown("recorder_dropped_rows_total") == 3
    assert measured.shown("recorder_failures_total") == 5
