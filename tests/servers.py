"""Real servers for tests: each a process of its own, on a free port, with its own folder."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.certificates import Issued

ROOT: Final = Path(__file__).resolve().parent.parent
APPLICATION: Final = "wschat_project.asgi:application"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.02
# Who is started in the background by a shell ignores Ctrl-C, and so do the servers that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Way(StrEnum):
    """A way to start the application."""

    SERVE = "serve"
    DAPHNE = "daphne"
    RUNSERVER = "runserver"
    UVICORN = "uvicorn"
    HYPERCORN = "hypercorn"


class ServerError(RuntimeError):
    """The server did not start or did not stop; the text ends with its log."""


def environment() -> dict[str, str]:
    """Return the tests' environment without settings and development mode, which slows loops."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WSCHAT_") and name != "PYTHONDEVMODE"
    }


class RunningServer:
    """A server process that accepts connections; a context manager that ends it.

    Args:
        way: how to start it.
        env: environment variables over those of the tests, such as `WSCHAT_BACKLOG_BYTES`.
        options: more arguments for the command, after its own.
        host: where to listen; `serve` also takes a name, and nothing for all interfaces.
        issued: a certificate with which the server speaks TLS.

    """

    def __init__(
        self,
        way: Way | str = Way.SERVE,
        *,
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        host: str = "127.0.0.1",
        issued: Issued | None = None,
    ) -> None:
        self.way = Way(way)
        self.tls = None if issued is None else issued.trust
        self._issued = issued
        self.host = host
        self.port = 0
        self._options = options
        self._folder = tempfile.TemporaryDirectory(
            prefix="wschat-test-", ignore_cleanup_errors=True
        )
        self.var = Path(self._folder.name)
        _prepared.furnish(self.var)
        self._log_path = self.var / "server.log"
        self.env = {
            **environment(),
            "WSCHAT_VAR": str(self.var),
            "WSCHAT_DRAIN_SECONDS": "0",
            "PYTHONUNBUFFERED": "1",
            **(issued.settings if issued is not None else {}),
            **(env or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._folder.cleanup()  # left to the garbage collector it fails another test
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        """The page's URL."""
        return f"http{'s' if self.tls else ''}://{self._host_in_url}:{self.port}/"

    @property
    def socket_url(self) -> str:
        """The chat's URL."""
        return f"ws{'s' if self.tls else ''}://{self._host_in_url}:{self.port}/"

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._running.pid

    @property
    def log(self) -> str:
        """All that the server has printed so far, to stdout and to stderr."""
        return self._log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._running.poll() is None

    @property
    def resident_bytes(self) -> int:
        """The memory of the process (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        match = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        assert match is not None
        return int(match[1]) * 1024

    def start(self, port: int = 0) -> None:
        """Start, and return when a page has been answered; on the given port if it is not 0.

        A second start, after a stop, is on the same port, as a restart is.

        Raises:
            ServerError: it ended, or did not answer in time.

        """
        self.port = port or self.port
        if not self.port and self.way != Way.SERVE:
            self.port = free_port(self.host)
        with self._log_path.open("ab") as log:
            self._log_begins = log.tell()
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._await_answer()
        _prepared.keep(self.var)

    @property
    def command(self) -> list[str]:
        """The command line."""
        python = sys.executable
        port = str(self.port)
        address = f"{bracketed(self.host)}:{port}"
        match self.way:
            case Way.SERVE:
                command = [python, "manage.py", "serve", address]
            case Way.RUNSERVER:
                command = [python, "manage.py", "runserver", "--noreload", address]
            case Way.DAPHNE:
                where = ["-b", self.host, "-p", port]
                if self._issued is not None:
                    files = f"privateKey={self._issued.key}:certKey={self._issued.certificate}"
                    where = ["-e", f"ssl:{port}:{files}:interface={self.host}"]
                command = [python, "-m", "daphne", *where, APPLICATION]
            case Way.UVICORN:
                command = [python, "-m", "uvicorn", "--host", self.host, "--port", port]
                command += ["--log-level", "warning", APPLICATION]
            case Way.HYPERCORN:
                command = [python, "-m", "hypercorn", "--bind", address]
                command += ["--log-level", "warning", APPLICATION]
        return [*command, *self._options]

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the server alone."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Return the exit code when the process has ended.

        Raises:
            ServerError: it did not end in time.

        """
        try:
            return self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ServerError(f"still running after {seconds} s\n{self.log}") from None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.send_signal(number)
        return self.wait()

    def kill(self) -> None:
        """End the process and its children now; harmless if it has ended."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerError("not started")
        return self._process

    @property
    def _host_in_url(self) -> str:
        return bracketed(self.host or "localhost")

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running:
                raise ServerError(f"ended with {self._running.returncode}\n{self.log}")
            if self.port or self._read_port():
                with contextlib.suppress(ConnectionError, TimeoutError):
                    self.get("/", seconds=5)
                    return
            time.sleep(POLL_SECONDS)
        self.kill()
        raise ServerError(f"no answer after {START_SECONDS} s\n{self.log}")

    def get(self, path: str, *, host: str | None = None, seconds: float = 30) -> int:
        """Return the status of a GET, with another Host header if one is given."""
        request = urllib.request.Request(self.url.rstrip("/") + path)
        if host is not None:
            request.add_header("Host", host)
        try:
            with urllib.request.urlopen(request, timeout=seconds, context=self.tls) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except urllib.error.URLError as error:
            if isinstance(error.reason, OSError):
                raise error.reason from None
            raise

    def _read_port(self) -> bool:
        """Read the port that the kernel picked from the line that `serve` prints."""
        printed = self.log[self._log_begins :]
        match = re.search(r"^socket\s+wss?://\S*:(\d+)/$", printed, re.MULTILINE)
        if match is not None:
            self.port = int(match[1])
        return match is not None


# What a server without a database of its own makes in its data folder, beside static files.
_MADE: Final = ("wschat.sqlite3", "static.stamp")


class _PreparedFolder:
    """What the first server made in its data folder: the next ones start in half the time with it.

    The tests of the first start itself use folders that are empty.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None

    def keep(self, var: Path) -> None:
        """Copy it, the first time, for all servers of this process to come."""
        made = all((var / name).exists() for name in _MADE)
        if self._folder is not None or not made:
            return
        folder = tempfile.TemporaryDirectory(prefix="wschat-test-")
        atexit.register(folder.cleanup)
        self._folder = Path(folder.name)
        self._copy(var, self._folder)

    def furnish(self, var: Path) -> None:
        """Put the copy in the folder of a server that is about to start."""
        if self._folder is not None:
            self._copy(self._folder, var)

    def _copy(self, source: Path, target: Path) -> None:
        shutil.copytree(source / "static", target / "static", copy_function=os.link)
        for name in _MADE:
            shutil.copy2(source / name, target / name)


_prepared = _PreparedFolder()
# Not `random` itself, which is seeded alike in all processes of a test run.
_ports = random.SystemRandom()


def bracketed(host: str) -> str:
    """Return a host as addresses and URLs write it."""
    return f"[{host}]" if ":" in host else host


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free now, for servers that cannot say which one they were given.

    It is below the kernel's own (ip_local_port_range): one of those could go to an outgoing
    connection of any test before the server listens.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        port = _ports.randrange(10_000, 32_000)
        with socket.socket(family) as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port
