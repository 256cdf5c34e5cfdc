from __future__ import annotations

import contextlib
import sqlite3

import pytest

from tests.attacks.scene import Scene, metric
from tests.servers import RunningServer, free_port

pytestmark = pytest.mark.processes

MIB = 1024 * 1024


async def test_what_waits_for_the_database_is_bounded_in_bytes() -> None:
    """A locked database and a few long-winded members would take all memory in seconds."""
    port = free_port()
    options = {
        "WSCHAT_LOG_MESSAGES": "1",
        "WSCHAT_RATE": "30",
        "WSCHAT_BACKLOG_BYTES": str(16 * MIB),  # the witness is slow on a busy machine
        "WSCHAT_RECORDER_BYTES": str(4 * MIB),
        "WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{port}",
    }
    with RunningServer(env=options) as server:
        async with Scene(server) as scene:
            scene.pause = 0.05
            with contextlib.closing(sqlite3.connect(server.var / "wschat.sqlite3")) as lock:
                lock.execute("begin exclusive")
                told = await scene.attack("chats", 4, 60_000, 6)
                waiting = await metric(port, "wschat_recorder_queue_bytes")
                dropped = await metric(port, "wschat_recorder_dropped_rows_total")
                scene.hold("log flood, database locked", 4, 48, "nobody: rows are dropped")
                lock.rollback()
    assert told["sent"] > 30 * MIB
    assert waiting < 4.5 * MIB
    assert dropped > 0
