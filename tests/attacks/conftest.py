from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import measured
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def attacked() -> Iterator[RunningServer]:
    """Run a server that every attack leaves as it found it."""
    env = {
        "WSCHAT_ALLOWED_ORIGINS": "https://chat.example.org",
        "WSCHAT_BODY_BYTES": str(64 * 1024),  # of a megabyte each attack takes seconds
    }
    with RunningServer(env={**env, **measured()}) as server:
        yield server
