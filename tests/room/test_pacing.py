from __future__ import annotations

import asyncio
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chat.room import pacing as module
from chat.room.pacing import Pacer
from tests.fakes import fake_member, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.room.member import Member


class Paced:
    """A pacer, and what it lets through with the times."""

    def __init__(self, rate: float, burst: int, *, is_dry_run: bool = False) -> None:
        self.said: list[str] = []
        self.pacer = Pacer()
        self.pacer.set_pace(rate, burst, is_dry_run=is_dry_run)

    def send(self, member: Member, count: int) -> None:
        """Say numbers."""
        consumer: Any = SimpleNamespace(take=self.said.append)
        member.consumer = consumer
        for number in range(count):
            if self.pacer.admits(member, str(number)):
                self.said.append(str(number))


async def test_burst_then_rate_in_order_without_loss() -> None:
    """A fast typist would lose messages, or see them in another order."""
    paced = Paced(rate=50, burst=3)
    member, transport = fake_member()
    begun = asyncio.get_running_loop().time()
    paced.send(member, 8)
    assert paced.said == ["0", "1", "2"]
    assert transport.pauses == 1
    await until(lambda: not transport.is_paused)
    assert paced.said == [str(number) for number in range(8)]
    assert asyncio.get_running_loop().time() - begun >= 5 / 50


async def test_within_the_rate_nothing_pauses() -> None:
    """Ordinary talk would be slowed."""
    paced = Paced(rate=100, burst=2)
    member, transport = fake_member()
    for _ in range(4):
        paced.send(member, 1)
        await asyncio.sleep(0.02)
    assert not transport.is_paused
    assert paced.pacer.paced == 0


async def test_dry_run_counts_and_lets_through() -> None:
    """An operator could not find out whom a limit would slow before it does."""
    paced = Paced(rate=1, burst=1, is_dry_run=True)
    member, transport = fake_member()
    paced.send(member, 5)
    assert paced.said == ["0", "1", "2", "3", "4"]
    assert not transport.is_paused
    assert paced.pacer.paced == 4


async def test_new_pace_counts_at_once() -> None:
    """With slow mode switched off, members would still wait their old minutes."""
    paced = Paced(rate=0.01, burst=1)
    member, transport = fake_member()
    paced.send(member, 3)
    assert paced.said == ["0"]
    paced.pacer.set_pace(200, 5)
    await until(lambda: not transport.is_paused)
    assert paced.said == ["0", "1", "2"]


async def test_release_all_says_what_is_held() -> None:
    """Switching the pace off would lose what was waiting."""
    paced = Paced(rate=0.01, burst=1)
    member, transport = fake_member()
    paced.send(member, 3)
    paced.pacer.release_all()
    assert paced.said == ["0", "1", "2"]
    assert not transport.is_paused
    assert len(paced.pacer) == 0


async def test_forgotten_member_says_nothing_more() -> None:
    """Somebody who has left would go on talking."""
    paced = Paced(rate=50, burst=1)
    member, _ = fake_member()
    paced.send(member, 3)
    paced.pacer.forget(member)
    await asyncio.sleep(0.06)
    assert paced.said == ["0"]


class Loop:
    """A loop whose time is set forward by hand, in place of the running one."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[Any] = []

    def time(self) -> float:
        """Tell the time in seconds."""
        return self.now

    def call_later(self, seconds: float, call: Callable[..., None], *arguments: Any) -> Any:
        """Remember what to call when."""
        timer = SimpleNamespace(at=self.now + seconds, call=lambda: call(*arguments))
        timer.cancel = lambda: self._cancel(timer)
        self.timers.append(timer)
        return timer

    def _cancel(self, timer: Any) -> None:
        self.timers = [other for other in self.timers if other is not timer]

    def go_on(self, seconds: float) -> None:
        """Let time pass, and call what is due."""
        until = self.now + seconds
        while due := [timer for timer in self.timers if timer.at <= until]:
            first = min(due, key=lambda timer: float(timer.at))
            self.timers.remove(first)
            self.now = first.at
            first.call()
        self.now = until


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    made = Loop()
    fake = SimpleNamespace(get_running_loop=lambda: made)
    monkeypatch.setattr(module, "asyncio", fake)
    return made


class Timed:
    """A pacer of a loop, and what is said at which time, in tenths of seconds."""

    def __init__(self, loop: Loop) -> None:
        self.said: list[tuple[float, str]] = []
        self.pacer = Pacer()
        self._loop = loop

    def say(self, member: Member, text: str | bytes) -> None:
        """Say something; what is bad has its member leave."""
        self.said.append((round(self._loop.now - 100, 1), str(text)))
        if text == "bad":
            self.pacer.forget(member)

    def send(self, member: Member, *texts: str) -> None:
        """Send messages."""
        consumer: Any = SimpleNamespace(take=partial(self.say, member))
        member.consumer = consumer
        for text in texts:
            if self.pacer.admits(member, text):
                self.say(member, text)


def test_everybody_is_as_fast_as_they_like_until_a_pace_is_set(loop: Loop) -> None:
    """A server without a limit would slow people down."""
    timed = Timed(loop)
    member, socket = fake_member()
    timed.send(member, *"abcdef")
    assert [text for _, text in timed.said] == [*"abcdef"]
    assert (timed.pacer.paced, socket.pauses, loop.timers) == (0, 0, [])


def test_each_is_said_as_soon_as_the_pace_allows(loop: Loop) -> None:
    """Messages would come later than the operator's limit says, or sooner."""
    timed = Timed(loop)
    timed.pacer.set_pace(2, 3)
    member, socket = fake_member()
    timed.send(member, *"abcde")
    assert (timed.pacer.paced, len(timed.pacer), socket.is_paused) == (1, 1, True)
    loop.go_on(0.2)
    timed.send(member, "f")
    loop.go_on(0.9)
    assert timed.said == [(0, "a"), (0, "b"), (0, "c"), (0.5, "d"), (1, "e")]
    loop.go_on(3)
    assert timed.said[5:] == [(1.5, "f")]
    assert (len(timed.pacer), socket.is_paused, member.pauses, loop.timers) == (0, False, 0, [])
    timed.send(member, *"ghij")
    assert [text for _, text in timed.said[6:]] == [*"ghi"]
    assert timed.pacer.paced == 2


def test_an_allowance_grows_no_further_than_the_burst(loop: Loop) -> None:
    """Who was silent for an hour could flood the room."""
    timed = Timed(loop)
    timed.pacer.set_pace(1, 2)
    member, _ = fake_member()
    timed.send(member, "a")
    loop.go_on(3600)
    timed.send(member, *"bcd")
    assert [text for _, text in timed.said] == [*"abc"]


def test_a_new_pace_holds_from_now_on_for_what_waits(loop: Loop) -> None:
    """Who waits by the old pace would go on waiting, or say all of it at once."""
    timed = Timed(loop)
    timed.pacer.set_pace(0.01, 1)
    member, _ = fake_member()
    timed.send(member, *"abcd")
    loop.go_on(1)
    timed.pacer.set_pace(2, 1)
    assert len(loop.timers) == 1
    loop.go_on(2)
    assert timed.said == [(0, "a"), (1, "b"), (1.5, "c"), (2, "d")]


def test_no_pace_any_longer_says_what_waits(loop: Loop) -> None:
    """With the limit switched off, what was held back would never be said."""
    timed = Timed(loop)
    timed.pacer.set_pace(0.01, 1)
    member, socket = fake_member()
    timed.send(member, *"abc")
    timed.pacer.set_pace(0, 1)
    timed.send(member, *"de")
    assert timed.said == [(0, text) for text in "abcde"]
    assert (len(timed.pacer), socket.is_paused, loop.timers) == (0, False, [])


def test_who_leaves_by_what_it_said_says_no_more(loop: Loop) -> None:
    """Somebody put out for a bad message would go on talking, or be read from again."""
    timed = Timed(loop)
    timed.pacer.set_pace(1, 1)
    member, socket = fake_member()
    timed.send(member, "a", "bad", "c")
    loop.go_on(10)
    assert timed.said == [(0, "a"), (1, "bad")]
    assert (len(timed.pacer), socket.is_paused, loop.timers) == (0, True, [])
    timed.pacer.forget(member)


def test_who_leaves_while_it_waits_leaves_no_timer(loop: Loop) -> None:
    """A timer for somebody who is gone would end in an exception."""
    timed = Timed(loop)
    timed.pacer.set_pace(1, 1)
    member, _ = fake_member()
    timed.send(member, *"abc")
    timed.pacer.forget(member)
    assert (len(timed.pacer), loop.timers) == (0, [])
