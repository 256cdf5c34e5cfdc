from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

from chat.protocol.messages import RESTART, TRY_LATER, CloseCode
from chat.room import closing as module
from chat.room.closing import Closing
from chat.room.outbox import Outbox
from tests.fakes import FakeTransport, fake_member

if TYPE_CHECKING:
    import pytest

    from chat.room.member import Member


class Rooms:
    """A room of so many, that remembers who left it."""

    def __init__(self, count: int) -> None:
        made = [fake_member() for _ in range(count)]
        self.members = {member.id: member for member, _ in made}
        self.sockets = [socket for _, socket in made]
        self.left: list[tuple[int, str]] = []

    def leave(self, member: Member, code: int, reason: str) -> None:
        """Take it out."""
        del self.members[member.id]
        self.left.append((code, reason))


class Clock:
    """The loop's clock, set forward by every sleep, and how many were in the room at each."""

    def __init__(self, room: Rooms, patch: pytest.MonkeyPatch) -> None:
        self.now = 50.0
        self.seen: list[tuple[float, int]] = []
        self._room = room
        loop = SimpleNamespace(time=lambda: self.now)
        fake = SimpleNamespace(get_running_loop=lambda: loop, sleep=self._sleep)
        patch.setattr(module, "asyncio", fake)

    async def _sleep(self, seconds: float) -> None:
        self.seen.append((seconds, len(self._room.members)))
        self.now += seconds


def made(count: int) -> tuple[Closing, Rooms, Outbox]:
    room, outbox = Rooms(count), Outbox()
    return Closing(room, outbox), room, outbox  # type: ignore[arg-type]


def closed(sockets: list[FakeTransport]) -> set[tuple[CloseCode, bytes | None]]:
    return {told for socket in sockets for told in socket.closed}


async def test_a_stop_closes_evenly_over_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All members would come back in the same moment, and the next server fall over."""
    closing, room, _ = made(1000)
    clock = Clock(room, monkeypatch)
    await closing.drain(RESTART, 10)
    assert closing.is_closing
    steps, left = zip(*clock.seen[:-1], strict=True)
    assert {round(step, 3) for step in steps[:-1]} == {0.05}
    portions = [before - after for before, after in zip((1000, *left), left, strict=False)]
    assert set(portions) <= {5, 6}
    assert 9.5 <= clock.now - 50 <= 10.01
    assert room.members == {}
    assert room.left == [(RESTART.code, RESTART.meaning)] * 1000
    assert closed(room.sockets) == {(RESTART, None)}


async def test_a_stop_of_a_large_room_closes_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long stop would close many at once, though it has time for each."""
    closing, room, _ = made(20)
    monkeypatch.setattr(module, "DRAIN_MEMBER", 1.0)
    clock = Clock(room, monkeypatch)
    await closing.drain(RESTART, 20)
    assert [count for _, count in clock.seen] == list(range(19, -1, -1))
    assert [round(seconds, 6) for seconds, _ in clock.seen] == [1.0] * 19 + [0]


async def test_a_stop_takes_no_longer_than_a_few_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator would wait half a minute for three members to go."""
    closing, room, _ = made(3)
    clock = Clock(room, monkeypatch)
    await closing.drain(RESTART, 30)
    assert clock.now - 50 <= 0.1
    assert room.members == {}


async def test_a_stop_without_time_closes_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is told to go now would keep its members."""
    closing, room, _ = made(5)
    clock = Clock(room, monkeypatch)
    await closing.drain(RESTART, 0)
    assert (clock.seen, room.members) == ([], {})
    assert closed(room.sockets) == {(RESTART, None)}


async def test_nobody_is_let_in_while_a_stop_goes_on() -> None:
    """Whoever is let in would be closed a moment later."""
    closing, room, _ = made(50)
    draining = asyncio.create_task(closing.drain(RESTART, 60))
    await asyncio.sleep(0)
    assert (closing.is_closing, bool(room.members)) == (True, True)
    draining.cancel()


def test_who_is_turned_out_may_come_back_at_once() -> None:
    """A process that has lost the room would let nobody in again, or say what nobody heard."""
    closing, room, outbox = made(2)
    outbox.add(b"said")
    closing.turn_out()
    assert (room.members, closed(room.sockets)) == ({}, {(TRY_LATER, None)})
    assert not closing.is_closing
    assert outbox
    closing, room, outbox = made(2)
    outbox.add(b"said")
    closing.abandon()
    assert (room.members, closed(room.sockets)) == ({}, {(TRY_LATER, None)})
    assert not closing.is_closing
    assert not outbox
