from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from chat.cluster import journal
from chat.cluster.journal import Journal

if TYPE_CHECKING:
    import pytest


def batch(size: int) -> dict[str, Any]:
    """Return a batch of so many bytes."""
    return {"frames": b"x" * size}


def test_keeps_the_order() -> None:
    """What is published again would come in another order."""
    kept = Journal()
    batches = [batch(number) for number in range(3)]
    for each in batches:
        kept.add(each)
    assert list(kept) == batches
    assert len(kept) == 3


def test_lets_go_of_the_oldest_past_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process's memory would grow with everything ever said."""
    monkeypatch.setattr(journal, "KEEP_BYTES", 100)
    kept = Journal()
    for size in (60, 50, 40):
        kept.add(batch(size))
    assert [len(each["frames"]) for each in kept] == [50, 40]
    kept.add(batch(1000))
    assert [len(each["frames"]) for each in kept] == [1000]


def test_lets_go_of_what_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that was restarted would be told what everybody has heard long ago."""
    monkeypatch.setattr(journal, "KEEP_SECONDS", -1.0)
    kept = Journal()
    kept.add(batch(1))
    kept.add(batch(2))
    assert [len(each["frames"]) for each in kept] == [2]


def test_forgets_all_when_told() -> None:
    """A process declared dead would say again what others count as unsaid."""
    kept = Journal()
    kept.add(batch(1))
    kept.clear()
    assert list(kept) == []


def test_keeps_what_may_have_been_missed_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an outage of Redis something would be missing, or be told to all a second time."""
    now = 100.0
    monkeypatch.setattr(journal, "time", SimpleNamespace(monotonic=lambda: now))
    kept = Journal()
    for size, now in [(1, 100.0), (2, 110.0), (3, 120.0)]:  # noqa: B007 - the clock reads it
        kept.add(batch(size))
    assert [len(each["frames"]) for each in kept] == [1, 2, 3]
    now = 120.5
    kept.add(batch(4))
    assert [len(each["frames"]) for each in kept] == [2, 3, 4]


def test_counts_what_it_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than the bound would be kept, and the less the longer the process runs."""
    monkeypatch.setattr(journal, "KEEP_BYTES", 100)
    kept = Journal()
    for _ in range(3):
        for _ in range(2):
            kept.add(batch(50))
        assert len(kept) == 2
        kept.clear()
        assert len(kept) == 0


def test_the_bound_is_some_minutes_of_a_busy_room() -> None:
    """A Redis that comes back empty would get a part of what it lost."""
    assert journal.KEEP_SECONDS >= 20
    assert journal.KEEP_BYTES == 32 * 2**20
