from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.transport.links import Links

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def links(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Links]:
    """Return what opens members' sockets with their peers; the loop that closes them runs."""
    opened = Links(monkeypatch)
    yield opened
    opened.let_go()
