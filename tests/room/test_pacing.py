from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chat.room.pacing import Pacer
from tests.fakes import fake_member

if TYPE_CHECKING:
    from chat.room.member import Member


class Paced:
    """A pacer, and what it lets through with the times."""

    def __init__(self, rate: float, burst: int, *, is_dry_run: bool = False) -> None:
        self.said: list[str] = []
        self.pacer = Pacer(self._say)
        self.pacer.set_pace(rate, burst, is_dry_run=is_dry_run)

    def _say(self, _member: Member, text: str | bytes) -> None:
        self.said.append(str(text))

    def send(self, member: Member, count: int) -> None:
        """Say numbers."""
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
    while transport.is_paused:
        await asyncio.sleep(0.005)
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
    while transport.is_paused:
        await asyncio.sleep(0.005)
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
