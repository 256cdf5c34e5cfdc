from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import RunningServer

pytestmark = pytest.mark.processes


def size(var: Path) -> int:
    return sum(file.stat().st_size for file in var.glob("wschat.sqlite3*"))


async def test_failed_logins_leave_little_and_lock_nothing(attacked: RunningServer) -> None:
    """Three thousand tries would write gigabytes, and others would find the database locked."""
    before = size(attacked.var)
    async with Scene(attacked) as scene:
        told = await scene.attack("logins", 1, 60)
        refused = await scene.metric('wschat_logins_total{result="refused"}')
        failed = await scene.metric('wschat_logins_total{result="failed"}')
        scene.hold("login flood", told["tries"], 64, "every try over the limit: 429")
    assert set(told["statuses"]) == {"200", "429"}
    assert failed <= 20
    assert refused + failed == told["tries"]
    assert "locked" not in scene.log
    assert scene.log.count("login failed from 127.0.0.") == failed
    assert size(attacked.var) - before < 8 * 1024 * 1024
    with contextlib.closing(sqlite3.connect(attacked.var / "wschat.sqlite3")) as database:
        rows = database.execute("select sum(failures) from chat_login").fetchone()[0]
    assert rows == failed
