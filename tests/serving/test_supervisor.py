"""Several workers behind one address, as `WSCHAT_WORKERS=2 ./wschat ADDRESS` runs them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from bench.faults.redis import RunningRedis
from tests.certificates import issue
from tests.clients import Client, ClosedError, Visitors
from tests.servers import ROOT, RunningServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.processes

RESTART = 1012


@pytest.fixture(scope="module")
def redis() -> Iterator[RunningRedis]:
    """Start a Redis for the tests of this module."""
    with RunningRedis() as running:
        yield running


@pytest.fixture
async def pair(redis: RunningRedis) -> AsyncIterator[RunningServer]:
    """Start two workers on one address."""
    redis.client.flushall()
    env = {"WSCHAT_REDIS_URL": redis.url, "WSCHAT_WORKERS": "2"}
    with RunningServer(env=env) as server:
        async with asyncio.timeout(30):
            while len(workers(server)) < 2 or len(await asyncio.to_thread(answering, server)) < 2:
                await asyncio.sleep(0.1)
        yield server
        assert "Traceback" not in server.log, server.log


def workers(server: RunningServer) -> list[int]:
    """Return the pids of the workers."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def answering(server: RunningServer) -> set[str]:
    """Return the names of the workers that answer, as far as a few requests show."""
    names = set()
    for _ in range(12):
        with socket.create_connection((server.host, server.port)) as opened:
            opened.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            opened.recv(4096)
            names.add(_worker_behind(server, opened.getsockname()[1]))
    return names


def _worker_behind(server: RunningServer, port: int) -> str:
    """Return the name of the worker that has the other end of a connection from this port."""
    rows = (row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:])
    ends = (f":{server.port:04X}", f":{port:04X}")
    found = {row[9] for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1])}
    # An ended connection of the same two ports has no inode; a row may be listed twice meanwhile.
    (inode,) = found - {"0"}
    for pid in workers(server):
        if f"socket:[{inode}]" in open_files(pid):
            environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
            return dict(line.partition("=")[::2] for line in environment)["WSCHAT_WORKER"]
    raise AssertionError(f"no worker has the connection from port {port}")


def sockets_of(pid: int, port: int) -> int:
    """Return how many connections to the server's port a worker has."""
    rows = (row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:])
    inodes = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}")}
    return sum(file in inodes for file in open_files(pid))


def open_files(pid: int) -> list[str]:
    """Return what a process has open, such as `socket:[4711]`."""
    found = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the process has just closed it
            found.append(str(file.readlink()))
    return found


async def until_workers(server: RunningServer, count: int, *, without: int = 0) -> None:
    """Wait until so many run, none of them this one."""
    async with asyncio.timeout(30):
        while len(workers(server)) != count or without in workers(server):
            await asyncio.sleep(0.05)


async def test_all_workers_are_one_room(pair: RunningServer) -> None:
    """People at one address would be in different rooms by chance."""
    async with Visitors(pair) as visitors:
        clients = await visitors.join_each(8)
        for number, client in enumerate(clients):
            client.say(str(number))
        heard = [await client.hear_chats(8) for client in clients]
    assert all(each == heard[0] for each in heard)
    assert sorted(heard[0]) == sorted((c.id, str(n)) for n, c in enumerate(clients))
    assert await asyncio.to_thread(answering, pair) == {"1", "2"}


async def test_a_worker_with_fewer_members_gets_the_next_ones(pair: RunningServer) -> None:
    """One process would carry nearly everybody after every restart of another one."""
    [first, second] = workers(pair)
    async with Visitors(pair) as visitors:
        os.kill(first, signal.SIGSTOP)
        try:
            clients = [await visitors.join() for _ in range(12)]
        finally:
            os.kill(first, signal.SIGCONT)
        assert sockets_of(second, pair.port) - sockets_of(first, pair.port) >= 12
        async with asyncio.timeout(30):
            while len(await asyncio.to_thread(answering, pair)) < 2:
                await asyncio.sleep(0.1)
        clients += [await visitors.join() for _ in range(24)]
        assert sockets_of(first, pair.port) >= 15  # all but a few of them


async def test_a_worker_that_dies_is_replaced(pair: RunningServer) -> None:
    """The room would shrink to fewer processes with every crash, until nobody serves."""
    [first, _] = workers(pair)
    os.kill(first, signal.SIGKILL)
    await until_workers(pair, 2, without=first)
    async with asyncio.timeout(30):
        while await asyncio.to_thread(answering, pair) != {"1", "2"}:
            await asyncio.sleep(0.1)
    assert re.search(r"worker \d ended with -9", pair.log)


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_all(pair: RunningServer, number: signal.Signals) -> None:
    """Members would be cut off without a word, or processes be left running."""
    async with Visitors(pair) as visitors:
        clients = await visitors.join_each(4)
        running = workers(pair)
        code = await asyncio.to_thread(pair.stop, number)
        assert code == 0
        assert [(await client.hear_end())[1] for client in clients] == [RESTART] * 4
        assert not any(_is_alive(pid) for pid in running)


async def test_a_second_signal_is_final(pair: RunningServer) -> None:
    """An operator in a hurry would have to look for the processes one by one."""
    running = workers(pair)
    for pid in running:
        os.kill(pid, signal.SIGSTOP)
    pair.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    assert pair.is_running
    pair.send_signal(signal.SIGTERM)
    await asyncio.to_thread(pair.wait)
    assert not any(_is_alive(pid) for pid in running)


async def test_workers_end_with_their_supervisor(pair: RunningServer) -> None:
    """The address would stay taken by processes that nobody watches."""
    running = workers(pair)
    os.kill(pair.pid, signal.SIGKILL)
    await asyncio.to_thread(pair.wait)
    async with asyncio.timeout(15):
        while any(_is_alive(pid) for pid in running):
            await asyncio.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


async def test_rolling_restart_loses_nothing(pair: RunningServer) -> None:
    """An update would cost those who stay a message, and shut the door for a moment."""
    async with Visitors(pair) as visitors:
        before = workers(pair)
        visits_of: list[list[Visit]] = [[] for _ in range(6)]
        talkers = [asyncio.create_task(_talk(visitors, visits)) for visits in visits_of]
        await asyncio.sleep(0.5)
        pair.send_signal(signal.SIGHUP)
        await until_workers(pair, 2)
        async with asyncio.timeout(60):
            while "all workers are replaced" not in pair.log:
                await asyncio.sleep(0.1)
        await asyncio.gather(*(_is_heard(visits) for visits in visits_of))
        for talker in talkers:
            talker.cancel()
        await asyncio.gather(*talkers, return_exceptions=True)
        visits = [visit for visits in visits_of for visit in visits]
        assert set(before).isdisjoint(workers(pair))
        assert {visit.code for visit in visits} == {RESTART, None}
        last = [visit for visit in visits if visit.code is None]
        assert len(last) == 6
        for visit in visits:
            visit.check_against(visits)


async def test_workers_stay_where_the_new_certificate_is_broken(
    redis: RunningRedis, tmp_path: Path
) -> None:
    """Half of a renewal would take the room down, one worker after the other."""
    redis.client.flushall()
    env = {"WSCHAT_REDIS_URL": redis.url, "WSCHAT_WORKERS": "2"}
    issued = issue(tmp_path)
    with RunningServer(env=env, issued=issued) as server:
        async with Visitors(server) as visitors:
            anna, bert = await visitors.join_each(2)
            issued.key.write_text("half a key")
            server.send_signal(signal.SIGHUP)
            async with asyncio.timeout(20):
                while "does not serve, the old one stays" not in server.log:
                    await asyncio.sleep(0.05)
            assert f"WSCHAT_TLS_KEY: {issued.key} is no key in PEM form" in server.log
            anna.say("still here")
            assert await bert.hear_chats(1) == [(anna.id, "still here")]
        assert "Traceback" not in server.log


class Visit:
    """One connection, what it said, and what it heard others and itself say."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.said = 0
        self.heard: list[tuple[str, str]] = []
        self.code: int | None = None

    def check_against(self, others: list[Visit]) -> None:
        """Hold that every chat from the first heard to the last heard of each sender came."""
        assert len(set(self.heard)) == len(self.heard)
        for other in others:
            numbers = [int(text) for sender, text in self.heard if sender == other.client.id]
            assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
        own = [text for sender, text in self.heard if sender == self.client.id]
        assert own == [str(number) for number in range(len(own))]
        if self.code is None:
            assert self.said - len(own) <= 2


async def _talk(visitors: Visitors, visits: list[Visit]) -> None:
    """Talk until cancelled, and come back whenever the connection ends."""
    while True:
        visits.append(Visit(await visitors.join()))
        await _stay(visits[-1])


async def _is_heard(visits: list[Visit]) -> None:
    """Wait until something is heard that is said from now on."""
    visit, said = visits[-1], visits[-1].said
    async with asyncio.timeout(20):
        while (visit.client.id, str(said)) not in visit.heard:
            await asyncio.sleep(0.05)
            if visits[-1] is not visit:
                visit, said = visits[-1], 0


async def _stay(visit: Visit) -> None:
    own = 0
    try:
        while True:
            visit.client.say(str(visit.said))
            visit.said += 1
            while own < visit.said:
                message = await visit.client.hear()
                if message.action == "chat":
                    visit.heard.append((message.sender, message.contents))
                    own += message.sender == visit.client.id
            await asyncio.sleep(0.02)
    except ClosedError as closed:
        visit.code = closed.code


def test_more_than_one_needs_redis(tmp_path: Path) -> None:
    """Somebody would run four rooms and believe it is one."""
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve", "127.0.0.1:0"],
        cwd=ROOT,
        env={**os.environ, "WSCHAT_VAR": str(tmp_path), "WSCHAT_WORKERS": "4"},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "WSCHAT_WORKERS: got 4 without WSCHAT_REDIS_URL" in ended.stderr
    assert "Traceback" not in ended.stderr


class Stand:
    """A supervisor in a process of its own, over workers that are a line of Python."""

    def __init__(self, folder: Path, worker: str, frozen_seconds: int = 60) -> None:
        script = folder / "worker.py"
        script.write_text(worker)
        (folder / "run.py").write_text(
            "import asyncio, sys\n"
            "from chat.serving import supervisor\n"
            f"supervisor.FROZEN_SECONDS = {frozen_seconds}\n"
            f"command = [sys.executable, {str(script)!r}]\n"
            "made = supervisor.Supervisor(command, [], 1)\n"
            "asyncio.run(made.run(lambda: print('ready', flush=True)))\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, str(folder / "run.py")],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def read_line(self, part: str) -> str:
        """Return the next line that has this in it; others are passed over."""
        assert self.process.stdout is not None
        return next(line for line in self.process.stdout if part in line)

    def stop(self) -> int:
        """Tell it to end, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


SAY_READY = "import os, sys, time\nos.write(int(sys.argv[sys.argv.index('--ready') + 1]), b'1')\n"


def test_a_worker_that_dies_at_once_is_started_ever_more_slowly(tmp_path: Path) -> None:
    """A setting that no worker can live with would keep the machine busy with starting them."""
    with Stand(tmp_path, "print('born', flush=True)\n") as stand:
        began = time.monotonic()
        waits = [float(stand.read_line("the next one in").split()[-2]) for _ in range(3)]
        assert waits[1:] == [2 * waits[0], 4 * waits[0]]
        assert time.monotonic() - began >= sum(waits[:2])
        assert stand.stop() == 0


def test_a_signal_reaches_a_worker_that_is_starting(tmp_path: Path) -> None:
    """A service that is stopped while it starts would hang until it is killed."""
    worker = "import time\nprint('starting', flush=True)\ntime.sleep(60)\n"
    with Stand(tmp_path, worker) as stand:
        stand.read_line("starting")
        assert stand.stop() == 0


def test_an_old_worker_stays_where_the_new_one_does_not_serve(tmp_path: Path) -> None:
    """A rolling restart into a broken version would take the whole room down."""
    mark = tmp_path / "mark"
    worker = (
        f"from pathlib import Path\nif Path({str(mark)!r}).exists(): raise SystemExit(3)\n"
        f"{SAY_READY}Path({str(mark)!r}).touch()\nos.write(1, b'a worker of %d\\n' % os.getpid())\n"
        "time.sleep(60)\n"
    )
    with Stand(tmp_path, worker) as stand:
        pid = int(stand.read_line("a worker of").split()[-1])
        stand.process.send_signal(signal.SIGHUP)
        stand.read_line("the old one stays")
        assert _is_alive(pid)
        stand.stop()


LIVE = """
import asyncio, os, sys
from chat.serving.heartbeat import beat
async def live():
    beat(int(sys.argv[sys.argv.index("--ready") + 1]))
    print("alive", os.getpid(), flush=True)
    await asyncio.sleep(60)
asyncio.run(live())
"""


def test_a_worker_that_stands_still_is_replaced(tmp_path: Path) -> None:
    """A share of the visitors would be served by nobody until somebody restarts the server."""
    with Stand(tmp_path, LIVE, frozen_seconds=2) as stand:
        first = int(stand.read_line("alive").split()[-1])
        time.sleep(3)
        assert _is_alive(first)
        os.kill(first, signal.SIGSTOP)
        stand.read_line("does not answer for 2 s: killing it")
        assert int(stand.read_line("alive").split()[-1]) != first
        stand.stop()
