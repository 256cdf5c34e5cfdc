"""A Redis of one's own: on a free port, with an empty folder, and with ways to make it fail."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING, Self

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry

from bench.process import free_port

if TYPE_CHECKING:
    from collections.abc import Sequence

START_SECONDS = 60.0


class RunningRedis:
    """A redis-server process; a context manager that ends it.

    A restart forgets what was not saved.
    """

    def __init__(self, options: Sequence[str] = ()) -> None:
        self.port = free_port()
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="wschat-redis-")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        """What WSCHAT_REDIS_URL takes."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def client(self) -> Redis:
        """A client of it."""
        return Redis(port=self.port, socket_timeout=30)

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--dir", self._folder.name,
             "--enable-debug-command", "yes", *self._options],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        # By default the client waits for seconds before it tries again.
        client = Redis(port=self.port, socket_timeout=30, retry=Retry(NoBackoff(), 0))
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                client.ping()
            except AuthenticationError:
                return
            except RedisError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"redis-server did not answer within {START_SECONDS:g} seconds")

    def kill(self) -> None:
        """Kill it, as a crash of its machine would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Stop it where it stands."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def cut_clients(self) -> None:
        """Close every connection, subscribers and others."""
        client = self.client
        for kind in ("pubsub", "normal"):
            client.client_kill_filter(_type=kind, skipme=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
