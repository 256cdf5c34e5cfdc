from __future__ import annotations

import contextlib
import sqlite3

import pytest

from tests.attacks.scene import Scene, measured
from tests.servers import RunningServer

pytestmark = pytest.mark.processes

MIB = 1024 * 1024


async def test_what_waits_for_the_database_is_bounded_in_bytes() -> None:
    """A locked database and a few long-winded members would take all memory in seconds."""
    options = {
        "WSCHAT_LOG_MESSAGES": "1",
        "WSCHAT_RATE": "30",
        "WSCHAT_BACKLOG_BYTES": str(16 * MIB),  # the witness is slow on a busy machine
        "WSCHAT_RECORDER_BYTES": str(MIB),
    }
    with RunningServer(env={**options, **measured()}) as server:
        async with Scene(server) as scene:
            scene.pause = 0.05
            with contextlib.closing(sqlite3.connect(server.var / "wschat.sqlite3")) as lock:
                lock.execute("begin exclusive")
                async with scene.attackers("chats", 4, 60_000, 60):
                    await scene.until_metric("wschat_recorder_dropped_rows_total", 100)
                    waiting = await scene.metric("wschat_recorder_queue_bytes")
                scene.hold("log flood, database locked", 4, 48, "nobody: rows are dropped")
                lock.rollback()
    assert waiting < 1.2 * MIB
