from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from chat.protocol.frames import frame, payloads
from chat.room import backlogs
from chat.room import fanout as module
from chat.room.fanout import Fanout
from chat.transport.pages import LEAST_BYTES
from tests.fakes import FakeTransport, fake_member, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat.room.member import Member

LIMIT = 64 * 1024


class Watched(Fanout):
    """A fan-out that remembers what it tells, with members put in by hand."""

    def __init__(self, backlog_bytes: int = LIMIT, stall_seconds: float = 20) -> None:
        self.slow: list[Member] = []
        self.flushed: list[tuple[int, int, float]] = []
        super().__init__(
            backlog_bytes=backlog_bytes,
            stall_seconds=stall_seconds,
            on_slow=self.slow.append,
            on_flushed=lambda *flushed: self.flushed.append(flushed),
        )

    def add(self, space: int | None = None) -> tuple[Member, FakeTransport]:
        """Put a member in, whose socket takes so many bytes."""
        member, transport = fake_member(space)
        member.in_room = True
        self.members[transport] = member
        return member, transport

    def rest_for(self, seconds: float) -> None:
        """Stand as after a flush that took so long and held more than will come."""
        self._next_flush_at = monotonic() + seconds
        self._enough = LIMIT


def open_files() -> set[Path]:
    """Return those of this process."""
    return set(Path("/proc/self/fd").iterdir())


@pytest.fixture
async def fanout() -> Iterator[Watched]:  # type: ignore[misc]
    """Make a fan-out whose timers are cancelled in the end."""
    made = Watched()
    yield made
    made.stop()


async def test_hands_every_batch_to_every_member_at_once(fanout: Watched) -> None:
    """Members would miss messages, or wait for them in an idle room."""
    sockets = [fanout.add()[1] for _ in range(3)]
    fanout.deliver(b"one")
    assert [socket.written for socket in sockets] == [[b"one"]] * 3
    assert fanout.pending_bytes == 0
    assert fanout.flushed[0][:2] == (3, 9)


async def test_what_a_socket_does_not_take_waits_and_the_others_have_it(fanout: Watched) -> None:
    """A socket that is full, or gone, would cost others the message, or cut a frame in two."""

    def take_a_part(frames: bytes) -> int:
        return 2

    def be_gone(frames: bytes) -> int:
        raise BrokenPipeError

    sockets = [fanout.add()[1] for _ in range(4)]
    sockets[0].send = take_a_part  # type: ignore[method-assign]
    sockets[1].send = be_gone  # type: ignore[method-assign]
    sockets[2].space = 0
    fanout.deliver(b"word")
    assert [socket.heard for socket in sockets] == [b"rd", b"word", b"word", b"word"]
    assert [socket.backlog for socket in sockets] == [0, 0, 4, 0]
    assert fanout.behind == 1


async def test_a_large_batch_is_handed_out_like_a_small_one(fanout: Watched) -> None:
    """Members of a busy room would miss what is said, or the process run out of files."""
    sockets = [fanout.add()[1] for _ in range(3)]
    sockets[1].space = 0
    before = open_files()
    batch = frame(b"x" * LEAST_BYTES)[:LEAST_BYTES]
    fanout.deliver(batch)
    assert [socket.heard for socket in sockets] == [batch] * 3
    assert [socket.backlog for socket in sockets] == [0, len(batch), 0]
    assert open_files() == before


async def test_joins_what_comes_while_it_waits_in_one_write(fanout: Watched) -> None:
    """A busy room would cost a system call for every message and member."""
    socket = fanout.add()[1]
    fanout.rest_for(0.02)
    for text in (b"one", b"two", b"three"):
        fanout.deliver(text)
    assert socket.written == []
    assert fanout.pending_bytes == 11
    await until(lambda: socket.written)
    assert socket.written == [b"onetwothree"]


async def test_waits_as_long_as_the_flush_took(
    fanout: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy room would make small batches."""
    fanout.add()
    times = iter([100.0, 110.0])
    with monkeypatch.context() as patch:
        patch.setattr(module, "monotonic", lambda: next(times, 110.0))
        fanout.deliver(b"slow")
        assert fanout._next_flush_at == 120
    assert fanout.flushed == [(4, 4, 10.0)]


async def test_does_not_wait_once_as_much_has_come_as_the_last_time(fanout: Watched) -> None:
    """All who were heard have answered, and would wait for nobody."""
    socket = fanout.add()[1]
    fanout.deliver(b"question")
    fanout._next_flush_at = monotonic() + 60
    fanout.deliver(b"ans")
    assert fanout._timer is not None
    timer = fanout._timer
    fanout.deliver(b"wers.")
    assert socket.written == [b"question", b"answers."]
    assert timer.cancelled()


async def test_a_wait_of_less_than_a_millisecond_ends_with_a_turn_of_the_loop(
    fanout: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer of whole milliseconds would have a room of a hundred wait longer than it writes."""
    socket = fanout.add()[1]
    now = 100.0
    with monkeypatch.context() as patch:
        patch.setattr(module, "monotonic", lambda: now)
        fanout.rest_for(0)
        fanout._next_flush_at = now + 0.0005
        fanout.deliver(b"soon")
        for _ in range(3):
            await asyncio.sleep(0)
        assert socket.written == []
        now += 0.0005
        for _ in range(2):
            await asyncio.sleep(0)
    assert socket.written == [b"soon"]


async def test_somebody_who_joins_within_a_batch_hears_from_there_on(fanout: Watched) -> None:
    """A newcomer would hear what was said before it came, or miss its own connect."""
    old = fanout.add()[1]
    member, new = fake_member()
    member.in_room = True
    fanout.rest_for(0.01)
    fanout.deliver(b"first ")
    fanout.deliver(b"before connect after ", [(7, member)])
    fanout.deliver(b"last")
    await until(lambda: old.written)
    assert old.heard == b"first before connect after last"
    assert new.heard == b"connect after last"
    fanout.deliver(b"!")
    await until(lambda: new.heard.endswith(b"!"))
    assert len(new.written) == 2


async def test_somebody_who_left_before_the_flush_is_not_let_in(fanout: Watched) -> None:
    """A ghost would be written to for ever."""
    member, socket = fake_member()
    fanout.deliver(b"connect", [(0, member)])
    assert socket.written == []
    assert fanout.members == {}


async def test_somebody_removed_hears_nothing_more(fanout: Watched) -> None:
    """A kicked member would go on listening."""
    member, socket = fanout.add()
    fanout.forget(member)
    fanout.forget(member)
    fanout.deliver(b"secret")
    assert socket.written == []


async def test_gives_a_member_up_once_when_its_backlog_passes_the_limit(fanout: Watched) -> None:
    """A member that does not read would fill the memory, or be announced twice as gone."""
    others = [fanout.add()[1] for _ in range(3)]
    member, socket = fanout.add(space=0)
    fanout.deliver(b"x" * (LIMIT // 8))
    assert fanout.slow == []
    for _ in range(20):
        await until(lambda: fanout._timer is None)
        fanout.deliver(b"x" * (LIMIT // 8))
    await until(lambda: fanout.pending_bytes == 0)
    assert fanout.slow == [member]
    assert member.transport not in fanout.members
    assert len(socket.heard) <= LIMIT + LIMIT // 4
    assert {len(other.heard) for other in others} == {21 * LIMIT // 8}


async def test_gives_a_member_up_that_does_not_move(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that hangs in a quiet room would stay for ever."""
    monkeypatch.setattr(backlogs, "CHECK_EVERY", 0.02)
    fanout = Watched(stall_seconds=0.2)
    hanging, _ = fanout.add(space=0)
    slow, slow_socket = fanout.add(space=0)
    finished, finished_socket = fanout.add(space=0)
    fanout.add()
    fanout.deliver(b"x" * 1000)
    finished_socket.take(1000)
    for _ in range(20):
        slow_socket.take(1)
        await asyncio.sleep(0.02)
    await until(lambda: fanout.slow)
    assert fanout.slow == [hanging]
    assert set(fanout.members.values()) >= {slow, finished}
    slow_socket.take(slow_socket.backlog)
    await until(lambda: fanout.behind == 0)
    fanout.stop()
    assert fanout.slow == [hanging]


async def test_holds_while_most_are_behind(
    fanout: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moment in which the room is faster than its members would cost them all the connection."""
    monkeypatch.setattr(backlogs, "FAST_SECONDS", 60.0)
    sockets = [fanout.add(space=0)[1] for _ in range(3)]
    fanout.add()
    part = b"x" * (LIMIT // 4 - 10)
    fanout.deliver(part)
    await until(lambda: fanout._timer is None)
    fanout.deliver(part)
    await until(lambda: fanout.pending_bytes == 0)
    fanout.deliver(part)
    await asyncio.sleep(module.STEP * 4)
    assert fanout.pending_bytes == len(part)
    assert sockets[0].written == [part, part]
    for socket in sockets[:2]:
        socket.take(socket.backlog)
    await until(lambda: fanout.pending_bytes == 0)
    assert sockets[2].written == [part] * 3
    assert fanout.slow == []


async def test_does_not_hold_for_a_few(fanout: Watched) -> None:
    """One member that hangs would slow the whole room down."""
    for _ in range(2):
        fanout.add()
    fanout.add(space=0)
    for _ in range(4):
        fanout.deliver(b"x" * (LIMIT // 4 - 10))
        await until(lambda: fanout.pending_bytes == 0)
    assert fanout._timer is None


async def test_does_not_hold_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members that hang, if they are many, would stop the room."""
    monkeypatch.setattr(backlogs, "FAST_SECONDS", 0.05)
    fanout = Watched()
    hanging = [fanout.add(space=0)[0] for _ in range(3)]
    good = fanout.add()[1]
    for number in range(8):
        fanout.deliver(b"%d" % number + b"x" * (LIMIT // 4 - 10))
        await until(lambda: fanout.pending_bytes == 0)
    fanout.stop()
    assert len(good.written) == 8
    assert fanout.slow == hanging


async def test_hands_a_large_batch_out_in_parts_of_whole_frames(fanout: Watched) -> None:
    """Many long messages at once would throw out everybody who reads, or cut a frame in two."""
    socket = fanout.add()[1]
    newcomer, new_socket = fake_member()
    newcomer.in_room = True
    texts = [bytes([65 + number]) * 5000 for number in range(20)]
    frames = list(map(frame, texts))
    joins_at = len(b"".join(frames[:12]))
    fanout.deliver(b"".join(frames), [(joins_at, newcomer)])
    await until(lambda: fanout.pending_bytes == 0)
    assert len(socket.written) > 1
    assert all(len(part) <= LIMIT // 4 for part in socket.written)
    assert [text for part in socket.written for text in payloads(part)] == texts
    assert list(payloads(new_socket.heard)) == texts[12:]
    assert sum(size for size, _, _ in fanout.flushed) == len(b"".join(frames))
    assert sum(written for _, written, _ in fanout.flushed) == sum(
        len(each.heard) for each in (socket, new_socket)
    )


async def test_a_frame_longer_than_a_part_goes_out_whole(fanout: Watched) -> None:
    """A long message would never be handed out."""
    socket = fanout.add()[1]
    long = frame(b"x" * LIMIT)
    fanout.deliver(frame(b"before") + long + frame(b"after"))
    await until(lambda: fanout.pending_bytes == 0)
    assert socket.heard == frame(b"before") + long + frame(b"after")
    assert long in socket.written


async def test_tells_how_long_it_rests(fanout: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the next flush would wait for longer than it takes, or not at all."""
    now = 100.0
    with monkeypatch.context() as patch:
        patch.setattr(module, "monotonic", lambda: now)
        assert fanout.rest == 0
        fanout.rest_for(0)
        fanout._next_flush_at = 100.5
        assert fanout.rest == 0.5
        fanout.deliver(b"one")
        assert fanout.rest == 0.5
        now = 101.0
        assert fanout.rest == module.LEAST_REST < 0.01
        fanout.stop()
        assert fanout.rest == 0


async def test_counts_who_hears_and_who_is_behind(fanout: Watched) -> None:
    """The messages that members got would be counted wrong, and slow ones not at all."""
    fanout.add()
    slow = [fanout.add(space=0)[0], fake_member(space=0)[0]]
    newcomers = [slow[1], fake_member()[0]]
    assert (fanout.hearing, fanout.behind) == (2, 0)
    fanout.rest_for(0.02)
    for newcomer in newcomers:
        newcomer.in_room = True
        fanout.deliver(b"connect", [(0, newcomer)])
    assert fanout.hearing == 4
    await until(lambda: fanout.pending_bytes == 0)
    assert (fanout.hearing, fanout.behind) == (4, 2)
    fanout.forget(slow[1])
    assert (fanout.hearing, fanout.behind) == (3, 1)


async def test_nothing_is_handed_out_after_a_stop(fanout: Watched) -> None:
    """A process that ends would write to sockets that are closed."""
    socket = fanout.add()[1]
    fanout.rest_for(0.01)
    fanout.deliver(b"late")
    slow = fanout.add(space=0)[0]
    fanout._backlogs.note(slow, monotonic())
    timers = [fanout._timer, fanout._backlogs._checker]
    fanout.stop()
    assert all(timer is not None and timer.cancelled() for timer in timers)
    await asyncio.sleep(0.03)
    assert socket.written == []


async def test_a_batch_that_just_fits_goes_out_at_once(fanout: Watched) -> None:
    """Every such batch would cost each member a write of nothing."""
    socket = fanout.add()[1]
    batch = frame(b"x" * (LIMIT // 4 - 4))
    assert len(batch) == LIMIT // 4
    fanout.deliver(batch)
    assert (fanout._timer, socket.written) == (None, [batch])
    assert [size for size, _, _ in fanout.flushed] == [len(batch)]


async def test_what_is_left_of_a_batch_waits_for_a_moment(
    fanout: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members would get all parts in one turn of the loop, which reads nobody meanwhile."""
    monkeypatch.setattr(module, "monotonic", lambda: 100.0)
    part = frame(b"x" * (LIMIT // 4 - 4))
    socket = fanout.add()[1]
    now = asyncio.get_running_loop().time()
    fanout.deliver(part + part)
    assert (socket.written, fanout.pending_bytes) == ([part], len(part))
    assert isinstance(fanout._timer, asyncio.TimerHandle)
    assert fanout._timer.when() >= now + module.LEAST_WAIT
    fanout.deliver(part)
    assert socket.written == [part], "it does not wait if more comes"
