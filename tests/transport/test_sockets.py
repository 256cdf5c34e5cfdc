from __future__ import annotations

import asyncio
import resource
import socket
import urllib.request
from contextlib import ExitStack

import pytest

from chat.transport.sockets import SPARED_FILES
from tests.clients import Visitors
from tests.servers import RunningServer, free_port

pytestmark = pytest.mark.processes


def test_as_many_files_as_the_machine_allows() -> None:
    """A room would be full at 1024 connections because a shell's soft limit says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        with RunningServer() as server:
            assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as response:
        return str(response.read().decode())


async def test_one_connection_too_many_for_the_process() -> None:
    """Nobody would learn why people are turned away, and the server would open no file either."""
    port = free_port()
    with RunningServer(env={"WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{port}"}) as server:
        async with Visitors(server) as visitors:
            anna, bert = await visitors.join_each(2)
            limit = 10 + SPARED_FILES
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, limit))
            with ExitStack() as opened:
                for _ in range(20):
                    address = ("127.0.0.1", server.port)
                    opened.enter_context(socket.create_connection(address, 60))
                metrics = f"http://127.0.0.1:{port}/metrics"
                # The kernel connects; the server may accept and refuse a little later.
                refused = 'wschat_sockets_refused_total{reason="files"} 12.0'
                async with asyncio.timeout(60):
                    while refused not in (shown := await asyncio.to_thread(read, metrics)):
                        await asyncio.sleep(0.05)
                assert f"process_max_fds {limit}.0" in shown
                for name in ("resident_memory_bytes", "cpu_seconds_total", "open_fds"):
                    assert f"process_{name}" in shown
                anna.say("still here")
                assert await bert.hear_chats(1) == [(anna.id, "still here")]
            await visitors.join()
            assert "wschat_loop_lag_seconds_bucket" in shown
        assert server.log.count("no more connections") == 1
        assert "Traceback" not in server.log
