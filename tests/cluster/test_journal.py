from __future__ import annotations

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
