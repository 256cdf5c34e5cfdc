"""How workers tell each other how many connections they have."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from chat.serving.shares import LEAD, Shares, make_file

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shared() -> Iterator[int]:
    """Make a file for three workers."""
    descriptor = make_file(3)
    yield descriptor
    os.close(descriptor)


def test_who_has_more_than_another_is_ahead(shared: int) -> None:
    """One worker would take everybody, while the others wait for somebody to come."""
    first, second, third = (Shares(shared, number) for number in range(3))
    assert first.is_ahead(LEAD + 1)
    assert not second.is_ahead(0)
    assert second.is_ahead(LEAD + 1)
    assert not third.is_ahead(1)
    assert not first.is_ahead(LEAD + 1)
    assert first.is_ahead(70_000)


def test_who_has_a_few_more_goes_on(shared: int) -> None:
    """Who comes with two hundred others would wait twice as long, while workers wait in turn."""
    first, second = (Shares(shared, number) for number in range(2))
    assert not first.is_ahead(8)
    assert not second.is_ahead(3)
