from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.attacks.scene import Scene, metric
from tests.servers import RunningServer, free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes


def size(var: Path) -> int:
    return sum(file.stat().st_size for file in var.glob("wschat.sqlite3*"))


async def test_failed_logins_leave_little_and_lock_nothing() -> None:
    """Three thousand tries would write gigabytes, and others would find the database locked."""
    port = free_port()
    with RunningServer(env={"WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{port}"}) as server:
        before = size(server.var)
        async with Scene(server) as scene:
            told = await scene.attack("logins", 1, 25)
            refused = await metric(port, 'wschat_logins_total{result="refused"}')
            failed = await metric(port, 'wschat_logins_total{result="failed"}')
            scene.hold("login flood", told["tries"], 64, "every try over the limit: 429")
        assert set(told["statuses"]) == {"200", "429"}
        assert failed <= 20
        assert refused + failed == told["tries"]
        assert "locked" not in server.log
        assert server.log.count("login failed from 127.0.0.") == failed
        assert size(server.var) - before < 8 * 1024 * 1024
        with contextlib.closing(sqlite3.connect(server.var / "wschat.sqlite3")) as database:
            rows = database.execute("select sum(failures) from chat_login").fetchone()[0]
        assert rows == failed
