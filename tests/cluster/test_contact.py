from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from chat.cluster import contact as module
from chat.cluster.contact import Contact
from chat.room.life import PartedError

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A clock that each sleep sets forward, and what `fault` was at each time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.faults: dict[float, str] = {}
        self.contact: Contact | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))
        patch.setattr(module, "asyncio", SimpleNamespace(sleep=self._sleep))

    async def _sleep(self, seconds: float) -> None:
        if self.contact is not None:
            self.faults[self.now - 100] = self.contact.fault
        self.now += seconds
        self.meanwhile()

    async def watch(self, contact: Contact) -> str:
        """Return why members could not be kept."""
        self.contact = contact
        with pytest.raises(PartedError) as caught:
            await contact.watch()
        return str(caught.value)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.parametrize(("wanted", "kept"), [(0, 3), (3, 3), (5, 5), (8, 8), (60, 8)])
async def test_members_are_kept_for_a_while_within_bounds(
    clock: Clock, wanted: float, kept: int
) -> None:
    """Members would be thrown out at each hiccup of Redis, or wait in a room that is gone."""
    reason = await clock.watch(Contact(wanted))
    assert reason == f"Redis has not answered for {kept} seconds"
    assert clock.now == 100 + kept + module.STEP


async def test_says_after_three_seconds_that_it_is_not_ready(clock: Clock) -> None:
    """Newcomers would be let into a room that hears nothing, or be turned away from a good one."""
    await clock.watch(Contact(8))
    silent = [at for at, fault in clock.faults.items() if not fault]
    assert max(silent) == 3
    assert clock.faults[5] == "Redis has not answered for 5 seconds"


async def test_is_well_again_when_it_was_heard(clock: Clock) -> None:
    """A short outage would keep everybody out, or count as a part of the next one."""
    contact = Contact(8)
    contact.refuse(1.0)
    contact.take()
    contact.fault = "Redis has not answered for 4 seconds"
    contact.made(99.0)
    assert contact.fault == ""
    await clock.watch(contact)
    assert clock.now == 108.25


async def test_a_new_life_begins_without_the_faults_of_the_last(clock: Clock) -> None:
    """A process that has come back would say at once that it has to go."""
    contact = Contact(8)
    assert contact.fault == ""
    contact.refuse(1.0)
    await clock.watch(contact)
    assert clock.now == 108.25


async def test_a_batch_that_is_refused_counts_from_when_it_was_sent(clock: Clock) -> None:
    """A Redis that beats and takes nothing would pass for one that works."""
    contact = Contact(8)

    def be_heard() -> None:
        if clock.now == 102:
            contact.refuse(101.0)
        contact.made(clock.now)

    clock.meanwhile = be_heard
    assert await clock.watch(contact) == "Redis has not answered for 8 seconds"
    assert clock.now == 109.25
    assert clock.faults[5] == "Redis has not answered for 4 seconds"


def test_an_outage_is_told_of_once_at_each_end(caplog: pytest.LogCaptureFixture) -> None:
    """The log would fill with every call that fails, or not tell when it was over."""
    contact = Contact(8)
    contact.made(1.0)
    for _ in range(3):
        contact.cut(ConnectionError("gone"))
    for _ in range(2):
        contact.made(2.0)
    contact.cut(ConnectionError("gone again"))
    assert contact.errors == 4
    assert caplog.messages == [
        "Redis does not answer, what is said waits: gone",
        "Redis answers again",
        "Redis does not answer, what is said waits: gone again",
    ]
