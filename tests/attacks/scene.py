"""What every attack has: attackers in a process of their own, and a member who measures its echo.

Several attacks follow each other on one server, so each has to leave an empty room.
`pytest -s tests/attacks` prints a row of the table in docs/security.md for each attack.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import statistics
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from tests.clients import ClosedError, Visitors
from tests.servers import ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.clients import Client
    from tests.servers import RunningServer

# People notice more than this; a shared machine takes some of it for itself.
MOST_ECHO_SECONDS: Final = 0.5
LEAST_ECHOES: Final = 5
SAY_EVERY: Final = 0.04
WAIT_SECONDS: Final = 60.0
MIB: Final = 1024 * 1024


def measured() -> dict[str, str]:
    """Return the settings of a server whose metrics a scene can read."""
    return {"WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{free_port()}"}


@dataclass
class Scene:
    """A room with a witness in it; a context manager around one attack.

    The server has the settings of `measured`.
    """

    server: RunningServer
    echoes: list[float] = field(default_factory=list)
    most_bytes: int = 0
    pause: float = SAY_EVERY
    _is_attacked: bool = False

    async def __aenter__(self) -> Self:
        self._log_begins = len(self.server.log)
        self._metrics_before = await self._read_metrics()
        self._visitors = await Visitors(self.server).__aenter__()
        self.witness, self.listener = await self._visitors.join_each(2)
        self.bytes_before = self.server.resident_bytes
        self._cpu_before = self._cpu_seconds()
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *problem: object) -> None:
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching
        await self._visitors.__aexit__(*problem)
        if problem == (None, None, None):
            await self.until_members(0)

    @contextlib.asynccontextmanager
    async def under_attack(self) -> AsyncIterator[None]:
        """Measure echoes meanwhile, and afterwards until there are enough of them."""
        self._is_attacked = True
        yield
        wanted = len(self.echoes) + LEAST_ECHOES
        await self.until(lambda: len(self.echoes) >= wanted or self._watching.done())
        self._is_attacked = False

    async def attack(self, story: str, *arguments: object) -> dict[str, Any]:
        """Run the attack of that name; return what it tells at its end."""
        async with self.attackers(story, *arguments) as process:
            return await self.end_of(process)

    async def end_of(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        """Return what attackers tell at their end."""
        told, _ = await asyncio.wait_for(process.communicate(), WAIT_SECONDS)
        found: dict[str, Any] = json.loads(told)
        return found

    @contextlib.asynccontextmanager
    async def attackers(
        self, story: str, *arguments: object
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run the attack of that name, and stop it.

        The attack is in `attackers.py`, or where the server speaks TLS in `handshakers.py`.
        """
        module = "handshakers" if self.server.tls else "attackers"
        command = ["-m", f"tests.attacks.{module}", story, str(self.server.port)]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            *map(str, arguments),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"begun\n"
            async with self.under_attack():
                yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def hold(self, attack: str, connections: int, most_mib: int, put_out: str) -> None:
        """Assert what must hold beside every attack, and print the row of the table."""
        if self._watching.done():
            self._watching.result()
        grown = max(0, self.most_bytes - self.bytes_before) / MIB
        middle = statistics.median(self.echoes)
        late = statistics.quantiles(self.echoes, n=100)[98]
        print(
            f"\n| {attack} | {connections} | {middle * 1000:.1f} ms | {late * 1000:.1f} ms "
            f"| +{grown:.0f} MiB (at most {most_mib}) | {put_out} |"
        )
        assert len(self.echoes) >= LEAST_ECHOES
        assert middle < MOST_ECHO_SECONDS, f"{middle} s\n{self.log[-2000:]}"
        assert grown < most_mib
        assert "Traceback" not in self.log

    @property
    def log(self) -> str:
        """The server's output since the scene began."""
        return self.server.log[self._log_begins :]

    @property
    def cpu_seconds(self) -> float:
        """Seconds of processor time that the server took since the attack began."""
        return self._cpu_seconds() - self._cpu_before

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.server.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def metric(self, name: str) -> float:
        """Return how much a metric, named with its labels, has grown since the scene began."""
        return _value(await self._read_metrics(), name) - _value(self._metrics_before, name)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not is_so():
                await asyncio.sleep(0.02)

    async def until_metric(self, name: str, least: float) -> None:
        """Wait until a metric has grown by `least`."""
        async with asyncio.timeout(WAIT_SECONDS):
            while await self.metric(name) < least:
                await asyncio.sleep(0.05)

    async def until_members(self, wanted: int) -> float:
        """Wait until the room has this many members; return how many seconds it took."""
        begun = time.monotonic()
        while (found := _value(await self._read_metrics(), "wschat_members")) != wanted:
            took = time.monotonic() - begun
            assert took < WAIT_SECONDS, f"{found} members after {took:.1f} s, expected {wanted}"
            await asyncio.sleep(0.05)
        return time.monotonic() - begun

    async def _read_metrics(self) -> str:
        url = f"http://{self.server.env['WSCHAT_METRICS_ADDRESS']}/metrics"
        return await asyncio.to_thread(_read, url)

    async def _watch(self) -> None:
        number = 0
        while True:
            number += 1
            begun, is_attacked = time.perf_counter(), self._is_attacked
            self.witness.say(f"echo {number}")
            await _until(self.witness, f"echo {number}")
            if is_attacked:
                self.echoes.append(time.perf_counter() - begun)
            await _until(self.listener, f"echo {number}")
            self.most_bytes = max(self.most_bytes, self.server.resident_bytes)
            await asyncio.sleep(self.pause)


async def _until(client: Client, text: str) -> None:
    try:
        await client.hear_until(lambda message: message.contents == text)
    except ClosedError as error:
        raise AssertionError(f"a bystander was put out: {error}") from None


def _value(shown: str, name: str) -> float:
    match = re.search(rf"^{re.escape(name)} (\S+)$", shown, re.MULTILINE)
    return float(match[1]) if match is not None else 0.0


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as response:
        return str(response.read().decode())
