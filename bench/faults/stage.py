"""Redis and the processes that share it, and the faults that strike them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bench.faults.redis import RunningRedis
from bench.process import free_port
from bench.servers import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

READY_SECONDS = 30.0


class Stage:
    """One Redis and `count` serving processes, each on a port of its own.

    The first process is never struck itself: what its members hear is the order that the others'
    members are compared with.
    """

    def __init__(self, count: int, env: Mapping[str, str] | None = None) -> None:
        self.redis = RunningRedis()
        self.ports = [free_port() for _ in range(count)]
        self._env = {**os.environ, **(env or {})}
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._exit = ExitStack()

    async def __aenter__(self) -> Self:
        self._folder = Path(self._exit.enter_context(tempfile.TemporaryDirectory()))
        self._exit.enter_context(self.redis)
        for port in self.ports:
            await self.start(port)
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._exit.close()

    @property
    def log(self) -> str:
        """All that the processes have printed."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    async def start(self, port: int) -> None:
        """Start the process of a port, and return when it accepts.

        One that ends since Redis is away is started again, as a service manager does.
        """
        self._spawn(port)
        async with asyncio.timeout(READY_SECONDS):
            while not await _accepts(port):
                await asyncio.sleep(0.05)
                if self._processes[port].poll() is not None:
                    self._spawn(port)

    def _spawn(self, port: int) -> None:
        env = {"WSCHAT_REDIS_URL": self.redis.url, "WSCHAT_VAR": str(self._folder / "var")}
        with (self._folder / "log").open("ab") as log:
            self._processes[port] = subprocess.Popen(
                [sys.executable, "manage.py", "serve", f"127.0.0.1:{port}"],
                cwd=ROOT,
                env={**self._env, **env},
                stdout=log,
                stderr=log,
            )

    async def kill_process(self, port: int, gone_seconds: float) -> None:
        """Kill a process, as a crash would, and start it again after a while."""
        self._processes[port].kill()
        self._processes[port].wait()
        await asyncio.sleep(gone_seconds)
        await self.start(port)

    async def freeze_process(self, port: int, seconds: float) -> None:
        """Stop a process where it stands, and let it go on after a while."""
        self._processes[port].send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._processes[port].send_signal(signal.SIGCONT)

    async def stop_process(self, port: int) -> None:
        """Restart a process in the orderly way."""
        self._processes[port].terminate()
        await asyncio.to_thread(self._processes[port].wait)
        await self.start(port)

    async def cut_redis(self) -> None:
        """Close every connection to Redis."""
        await asyncio.to_thread(self.redis.cut_clients)

    async def pause_redis(self, seconds: float) -> None:
        """Stop Redis where it stands, and let it go on after a while."""
        self.redis.pause()
        await asyncio.sleep(seconds)
        self.redis.resume()

    async def restore_redis(self, later_seconds: float) -> None:
        """Kill Redis, and start it again with a snapshot of some seconds before."""
        await asyncio.to_thread(self.redis.client.save)
        await asyncio.sleep(later_seconds)
        await self.empty_redis(0)

    async def empty_redis(self, gone_seconds: float) -> None:
        """Kill Redis, and start it again without what it knew."""
        self.redis.kill()
        await asyncio.sleep(gone_seconds)
        await asyncio.to_thread(self.redis.start)


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
