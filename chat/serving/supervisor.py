"""Several serving processes on the same listening sockets, each replaced when it dies.

Daphne has no workers, and those of gunicorn, uvicorn and hypercorn run their own servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from typing import TYPE_CHECKING, Final

from chat.serving.heartbeat import Heartbeat
from chat.serving.shares import make_file

if TYPE_CHECKING:
    import socket
    from asyncio.subprocess import Process
    from collections.abc import Callable, Coroutine

# A worker that lived for less than this died at once, and the next one waits, each time longer.
SHORT_LIFE: Final = 5.0
LEAST_WAIT: Final = 0.5
MOST_WAIT: Final = 30.0
# A worker that does not serve by then is left to die or to be late: the others do serve.
READY_SECONDS: Final = 30.0
# A worker that has been silent for this long is dead to the other processes already.
FROZEN_SECONDS: Final = 10

logger = logging.getLogger(__name__)


class Supervisor:
    """Keeps `count` workers running until SIGTERM or SIGINT, which it passes on to all of them.

    SIGHUP replaces them one after the other: the next one serves before the old one stops. A second
    SIGTERM or SIGINT kills them.

    Args:
        command: what starts a worker; `--listen` with the sockets' file descriptors is added,
            `--ready` with that of a pipe to say a byte to when it serves and every second from then
            on, `--life` with that of one that ends when the supervisor does, and `--shares` with
            that of a file in which each worker counts its connections. WSCHAT_WORKER, a number
            from 1 on, names it.
        sockets: the listening sockets, all of which each worker accepts on.
        count: how many workers.

    """

    def __init__(self, command: list[str], sockets: list[socket.socket], count: int) -> None:
        self._sockets = [listener.fileno() for listener in sockets]
        # Nobody writes to it: its end tells a worker that the supervisor is gone.
        self._life, self._held = os.pipe()
        self._command = [*command, "--listen", ",".join(map(str, self._sockets))]
        self._command += ["--life", str(self._life)]
        self._shares = make_file(count)
        self._command += ["--shares", str(self._shares)]
        self._workers: dict[str, Process] = {}
        self._changing = {str(number): asyncio.Lock() for number in range(1, count + 1)}
        self._alive: set[Process] = set()
        self._stopping = asyncio.Event()
        self._serving = asyncio.Event()
        self._rolling = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, ready: Callable[[], None]) -> None:
        """Run until told to stop; call `ready` when the first worker serves."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._roll()))
        keepers = [self._spawn(self._keep(name)) for name in self._changing]
        await self._serving.wait()
        if not self._stopping.is_set():
            ready()
        await asyncio.gather(*keepers)
        await asyncio.gather(*(worker.wait() for worker in self._alive))

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _stop(self) -> None:
        number = signal.SIGKILL if self._stopping.is_set() else signal.SIGTERM
        self._stopping.set()
        self._serving.set()
        for worker in self._alive:
            _send(worker, number)

    async def _keep(self, name: str) -> None:
        """Run a worker, and another one when it is gone."""
        wait = LEAST_WAIT
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            async with self._changing[name]:
                worker = self._workers.get(name)
                if worker is None or worker.returncode is not None:  # _roll may have been faster
                    worker, _ = await self._start(name)
                    self._workers[name] = worker
            await worker.wait()
            if self._stopping.is_set() or self._workers[name] is not worker:
                continue
            lived = asyncio.get_running_loop().time() - began
            wait = min(wait * 2, MOST_WAIT) if lived < SHORT_LIFE else LEAST_WAIT
            status = worker.returncode
            logger.error("worker %s ended with %s, the next one in %g s", name, status, wait)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _roll(self) -> None:
        """Replace each worker by a new one that serves already; end where that does not serve."""
        async with self._rolling:
            for name, changing in self._changing.items():
                async with changing:
                    if self._stopping.is_set():
                        return
                    old = self._workers[name]
                    new, is_serving = await self._start(name)
                    if not is_serving:
                        logger.error("the new worker %s does not serve, the old one stays", name)
                        _send(new, signal.SIGKILL)
                        return
                    self._workers[name] = new
                _send(old, signal.SIGTERM)
                await old.wait()
            logger.warning("all workers are replaced")

    async def _start(self, name: str) -> tuple[Process, bool]:
        """Start a worker; tell whether it serves, when it does, has died, or is late."""
        read_end, write_end = os.pipe()
        worker = await asyncio.create_subprocess_exec(
            *self._command,
            "--ready",
            str(write_end),
            env={**os.environ, "WSCHAT_WORKER": name},
            pass_fds=[*self._sockets, self._life, self._shares, write_end],
            process_group=0,  # a Ctrl-C is passed on once, not twice
        )
        os.close(write_end)
        self._alive.add(worker)
        self._spawn(self._reap(worker))
        if self._stopping.is_set():
            _send(worker, signal.SIGTERM)
        heart = Heartbeat(read_end)
        is_serving = await heart.comes(READY_SECONDS)
        if is_serving:
            self._serving.set()
            self._spawn(self._watch(name, worker, heart))
        else:
            heart.close()
        return worker, is_serving

    async def _watch(self, name: str, worker: Process, heart: Heartbeat) -> None:
        """Kill a worker whose event loop stands still: the next one serves.

        Silence is counted in seconds that this process saw, as a machine may freeze both.
        """
        silent = 0
        while heart.is_open and silent < FROZEN_SECONDS:
            silent = 0 if await heart.comes(1.0) else silent + 1
        if heart.is_open:
            logger.error("worker %s does not answer for %d s: killing it", name, silent)
            _send(worker, signal.SIGKILL)
            heart.close()

    async def _reap(self, worker: Process) -> None:
        await worker.wait()
        self._alive.discard(worker)


def _send(worker: Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        worker.send_signal(number)
