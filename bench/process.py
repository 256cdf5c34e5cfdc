"""A server as a process of its own: started on its core, asked how it does, always ended."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.servers import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.cores import Cores
    from bench.servers import Server

READY_SECONDS = 30.0
END_SECONDS = 5.0
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class StartError(Exception):
    """A server did not come up."""


class ServerProcess:
    """A running server: where it listens, and what it takes from the machine."""

    def __init__(self, child: subprocess.Popen[bytes], port: int) -> None:
        self.child = child
        self.url = f"ws://127.0.0.1:{port}/"
        self._proc = Path("/proc", str(child.pid))

    @property
    def resident(self) -> int:
        """Resident memory in bytes."""
        return int((self._proc / "statm").read_text().split()[1]) * _PAGE

    @property
    def cores(self) -> set[int]:
        """The cores that it may use."""
        return os.sched_getaffinity(self.child.pid)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all threads so far."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK


@contextmanager
def running(server: Server, cores: Cores) -> Iterator[ServerProcess]:
    """Start a server on a free port, wait until it accepts, and end it afterwards.

    Raises:
        StartError: if it ends or accepts nothing in time.

    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        port = free_port()
        env = {name: value.format(tmp=folder) for name, value in server.env.items()}
        command = [*server.command(), f"127.0.0.1:{port}"]
        with cores.for_server():
            child = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | env, stdout=log, stderr=log
            )
        try:
            if not _ready(child, port):
                log.seek(0)
                said = log.read()[-500:].decode("utf-8", "replace")
                raise StartError(f"{server.name} did not come up: {said.strip() or 'no word'}")
            yield ServerProcess(child, port)
        finally:
            _end(child)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ready(child: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + READY_SECONDS
    while child.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
