from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chat.room import backlogs as module
from chat.room.backlogs import Backlogs
from tests.fakes import FakeTransport, fake_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat.room.member import Member

LIMIT = 64 * 1024
STALL_SECONDS = 20


class Watched(Backlogs):
    """Backlogs that remember who was given up."""

    def __init__(self) -> None:
        self.slow: list[Member] = []
        super().__init__(LIMIT, STALL_SECONDS, self.slow.append)

    def add(self, backlog: int) -> tuple[Member, FakeTransport]:
        """Note a member for which so many bytes wait."""
        member, transport = fake_member(space=0)
        transport.backlog = backlog
        self.note(member, 100.0)
        return member, transport


@pytest.fixture
async def backlogs() -> Iterator[Watched]:  # type: ignore[misc]
    """Make some whose timer is cancelled in the end."""
    made = Watched()
    yield made
    made.stop()


@pytest.mark.parametrize(("far", "holds"), [(2, False), (3, True)])
async def test_holds_only_while_most_are_far_behind(
    backlogs: Watched, far: int, holds: bool
) -> None:
    """Half of a room could stop the other half, or members who read be given up with the rest."""
    for number in range(4):
        backlogs.add(LIMIT // 4 + (number < far))
    assert backlogs.must_hold(100.0, members=4) is holds


async def test_holds_each_flush_for_a_second_at_most(backlogs: Watched) -> None:
    """Members that are far behind, and fast again, would silence the room for half a minute."""
    backlogs.add(LIMIT)
    assert [backlogs.must_hold(100.0 + step / 5, members=1) for step in range(8)] == [
        *[True] * 5, False, *[True] * 2,
    ]  # fmt: skip


@pytest.mark.parametrize("each_second", [0, 600])
async def test_holds_for_two_seconds_at_most_for_members_that_take_little(
    backlogs: Watched, monkeypatch: pytest.MonkeyPatch, each_second: int
) -> None:
    """Members that hang, or take just enough to move, would stop the room for the others.

    16 members that took 20 kB a second each kept 10 others silent for 52 of 70 s.
    """
    _, socket = backlogs.add(LIMIT)
    held = []
    for now in range(100, 110):
        monkeypatch.setattr(module, "monotonic", lambda now=now: float(now))
        socket.freed = each_second
        backlogs._check()
        held.append(backlogs.must_hold(now, members=1) or backlogs.must_hold(now, members=1))
    assert held == [True] * 2 + [False] * 8


async def test_holds_for_members_that_take_little_at_a_time(
    backlogs: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says late that it takes more: members that read would be taken for ones that hang.

    A burst of 120 KiB from each of 80 on a busy machine closed members with 4003 by that.
    """
    sockets = [backlogs.add(LIMIT)[1] for _ in range(3)]
    held = []
    for second in range(8):
        now = 100.0 + second
        monkeypatch.setattr(module, "monotonic", lambda now=now: now)
        for socket in sockets:
            socket.freed = 3000
        held.append(backlogs.must_hold(now, members=3) or backlogs.must_hold(now, members=3))
        backlogs._check()
    assert held == [True] * 8
    assert {socket.taken for socket in sockets} == {8 * 3000}


async def test_a_member_that_takes_little_at_a_time_is_not_given_up(
    backlogs: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone behind a proxy takes less in 20 s than the system waits for to say that it does."""
    _, socket = backlogs.add(LIMIT)
    for now in range(101, 150):
        monkeypatch.setattr(module, "monotonic", lambda now=now: float(now))
        socket.freed = 100
        backlogs._check()
    assert (backlogs.slow, socket.taken) == ([], 4900)


async def test_a_backlog_up_to_the_limit_is_no_reason_to_give_up(backlogs: Watched) -> None:
    """Members would be put out below the limit that the operator set, or stay above it."""
    backlogs.add(LIMIT)
    slow, _ = backlogs.add(LIMIT + 1)
    assert backlogs.slow == [slow]
    assert len(backlogs) == 1


async def test_who_moves_has_all_its_time_again(
    backlogs: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone on a slow line would be put out while it reads, or one that hangs stay for ever."""
    member, socket = backlogs.add(1000)
    for now, moves in [(115.0, True), (134.9, False)]:
        monkeypatch.setattr(module, "monotonic", lambda now=now: now)
        socket.take(moves)
        backlogs._check()
        assert backlogs.slow == []
        assert backlogs._checker is not None
    monkeypatch.setattr(module, "monotonic", lambda: 135.0)
    backlogs._check()
    assert backlogs.slow == [member]
    assert backlogs._checker is None


async def test_who_has_taken_all_is_no_longer_watched(
    backlogs: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room would be held, and shown, as if everybody who was ever slow still were."""
    monkeypatch.setattr(module, "monotonic", lambda: 101.0)
    _, socket = backlogs.add(1000)
    backlogs.add(1000)
    socket.take(1000)
    backlogs._check()
    assert len(backlogs) == 1
    assert backlogs.slow == []
