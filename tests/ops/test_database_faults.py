"""The room goes on whatever happens to the database, and what can be kept is kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.clients import Visitors
from tests.servers import RunningServer, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.clients import Client

pytestmark = pytest.mark.processes

WAIT_SECONDS = 60.0
# If each waited for the locked database (5 s), they would take longer than WAIT_SECONDS.
CHATS_WHILE_LOCKED = 20


@pytest.fixture(scope="module")
def kept() -> Iterator[RunningServer]:
    """Run a server that logs messages. A test may kill it: the next test starts it again."""
    env = {"WSCHAT_LOG_MESSAGES": "1", "WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{free_port()}"}
    with RunningServer(env=env) as server:
        yield server
        assert "Traceback" not in server.log


@pytest.fixture
def server(kept: RunningServer) -> RunningServer:
    """Return that server, started."""
    if not kept.is_running:
        kept.start()
    return kept


def database(server: RunningServer) -> Path:
    return server.var / "wschat.sqlite3"


def count(server: RunningServer, query: str) -> int:
    with contextlib.closing(sqlite3.connect(database(server), timeout=5)) as connection:
        number: int = connection.execute(query).fetchone()[0]
        return number


async def until_count(server: RunningServer, query: str, wanted: int) -> None:
    """Wait until the database has so many rows."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := count(server, query)) != wanted:
        assert time.monotonic() < deadline, f"{found} rows, expected {wanted}\n{server.log}"
        await asyncio.sleep(0.1)


async def chat(speaker: Client, listener: Client, number: int) -> None:
    """Say something that arrives."""
    speaker.say(str(number))
    assert await listener.hear_chats(1) == [(speaker.id, str(number))]


def chats_of(*clients: Client) -> str:
    """Return the query for how many messages of these are kept."""
    return f"select count(*) from chat_loggedmessage where sender in ({ids(*clients)})"


def rows_of(*clients: Client, where: str = "1") -> str:
    """Return the query for how many rows these have, of those for which this holds."""
    return f"select count(*) from chat_connection where member in ({ids(*clients)}) and {where}"


def ids(*clients: Client) -> str:
    return ", ".join(f"'{client.id}'" for client in clients)


LEFT = '"left" is not null'


async def test_locked_for_as_long_as_it_likes() -> None:
    """A backup that locks the file would stop the room, or tear a hole in the log."""
    # A server of its own, because the recorder logs a fault once a minute at most.
    with RunningServer(env={"WSCHAT_LOG_MESSAGES": "1"}) as server:
        async with Visitors(server) as visitors:
            one, two = await visitors.join_each(2)
            await until_count(server, rows_of(one, two), 2)
            with contextlib.closing(sqlite3.connect(database(server))) as lock:
                lock.execute("begin exclusive")
                newcomers = await _chat_often(visitors, one, two)
                await until_log(server, "cannot record: database is locked")
                lock.rollback()
            await until_count(server, chats_of(one), CHATS_WHILE_LOCKED)
        await until_count(server, rows_of(one, two, *newcomers, where=LEFT), 2 + len(newcomers))
        assert "Traceback" not in server.log


async def _chat_often(visitors: Visitors, one: Client, two: Client) -> list[Client]:
    """Chat while others come and go; return those."""
    newcomers = []
    async with asyncio.timeout(WAIT_SECONDS):
        for number in range(CHATS_WHILE_LOCKED):
            await chat(one, two, number)
            if number % 2:
                newcomers.append(await visitors.join())
                newcomers[-1].send_close()
                await two.hear_until(lambda message: message.action == "disconnect")
    return newcomers


async def test_file_removed_and_put_back(server: RunningServer) -> None:
    """A file that is moved away would take the room with it, or writing would never go on."""
    async with Visitors(server) as visitors:
        one, two = await visitors.join_each(2)
        await chat(one, two, 0)
        await until_count(server, chats_of(one), 1)
        files = list(server.var.glob("wschat.sqlite3*"))
        kept = server.var / "kept"
        kept.mkdir()
        with contextlib.closing(sqlite3.connect(database(server), timeout=5)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
        for file in files:
            shutil.copy(file, kept)
            file.unlink()
        for number in range(1, 4):
            await chat(one, two, number)
        assert await until_status(server, "/readyz", 503)
        for file in kept.iterdir():
            shutil.move(file, server.var)
        kept.rmdir()
        await until_count(server, chats_of(one), 4)
        assert await until_status(server, "/readyz", 200)


async def until_status(server: RunningServer, path: str, wanted: int) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if await asyncio.to_thread(server.get, path) == wanted:
            return True
        await asyncio.sleep(0.1)
    return False


async def until_log(server: RunningServer, line: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while line not in server.log:
        assert time.monotonic() < deadline, server.log
        await asyncio.sleep(0.1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of two megabytes, where the machine allows it."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let us mount a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def test_full_disk_counts_what_is_dropped_and_recovers(
    server: RunningServer, small_disk: Path
) -> None:
    """A full disk would stop the room, or nobody would learn that messages are not kept."""
    with (
        contextlib.closing(sqlite3.connect(database(server), timeout=5)) as made,
        contextlib.closing(sqlite3.connect(small_disk / "wschat.sqlite3")) as copy,
    ):
        made.backup(copy)
    port = free_port()
    options = {
        "WSCHAT_LOG_MESSAGES": "1",
        "WSCHAT_RECORDER_BYTES": "65536",
        "WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{port}",
        "WSCHAT_SECRET_KEY": "for this test only",
        "DATABASE_URL": f"sqlite:///{small_disk}/wschat.sqlite3",
    }
    with RunningServer(env=options) as full:
        async with Visitors(full) as visitors:
            one, two = await visitors.join_each(2)
            filler = small_disk / "filler"
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * 4096)
            for number in range(150):
                one.say(f"{number} " + "y" * 500)
            assert len(await two.hear_chats(150)) == 150
            await until_log(full, "cannot record")
            dropped = await until_metric(port, "wschat_recorder_dropped_rows_total")
            assert dropped > 0
            assert "disk" in json.loads(await shown(port, "readyz"))["problems"]["recorder"]
            assert "wschat_recorder_up 0.0" in await shown(port, "metrics")
            filler.unlink()
            await until_log_length(small_disk / "wschat.sqlite3", one.id)
            assert await until_status(full, "/readyz", 200)
        assert "Traceback" not in full.log


async def until_metric(port: int, name: str) -> float:
    """Return the value once it is not zero."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        shown = await asyncio.to_thread(read, f"http://127.0.0.1:{port}/metrics")
        match = re.search(rf"^{name} (\S+)$", shown, re.MULTILINE)
        if match is not None and float(match[1]):
            return float(match[1])
        await asyncio.sleep(0.1)
    return 0.0


async def shown(port: int, page: str) -> str:
    """Return what the metrics' address shows, whatever its status."""
    try:
        return await asyncio.to_thread(read, f"http://127.0.0.1:{port}/{page}")
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:
        return str(response.read().decode())


async def until_log_length(path: Path, sender: str) -> None:
    """Wait until something of this sender is kept."""
    deadline = time.monotonic() + WAIT_SECONDS
    query = "select count(*) from chat_loggedmessage where sender = ?"
    while True:
        with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
            if connection.execute(query, [sender]).fetchone()[0]:
                return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)


async def test_stop_writes_what_waits(server: RunningServer) -> None:
    """The last minute before a restart would be missing from the log."""
    async with Visitors(server) as visitors:
        one, two = await visitors.join_each(2)
        for number in range(200):
            one.say(str(number))
        await two.hear_chats(200)
        pid = server.pid
        server.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.wait, WAIT_SECONDS) == 0
    assert count(server, chats_of(one)) == 200
    assert count(server, rows_of(one, two, where=f"{LEFT} and code = 1012")) == 2
    stopped = f"select count(*) from chat_serverprocess where pid = {pid} and stopped is not null"
    assert count(server, stopped) == 1


async def test_killed_process_leaves_no_ghosts(server: RunningServer) -> None:
    """After a crash the admin would show people who are long gone."""
    async with Visitors(server) as visitors:
        one, two = await visitors.join_each(2)
        await until_count(server, rows_of(one, two), 2)
        server.kill()
    with contextlib.closing(sqlite3.connect(database(server), timeout=5)) as connection, connection:
        # Long enough ago that nobody waits for the next beat.
        connection.execute("update chat_serverprocess set beat = datetime(beat, '-1 minute')")
    server.start()
    await until_count(server, rows_of(one, two, where=f"{LEFT} and code = 1006"), 2)
