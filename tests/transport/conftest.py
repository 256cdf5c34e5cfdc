from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.transport.links import Links

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def links(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Links]:
    """Open members' sockets in this loop, and close them before it ends."""
    opened = Links(monkeypatch)
    yield opened
    opened.let_go()
