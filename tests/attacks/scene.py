"""What every attack has: attackers in a process of their own, and a member who measures its echo.

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
from tests.servers import ROOT

if TYPE_CHECKING:
    from tests.clients import Client
    from tests.servers import RunningServer

# A person notices more than this; a machine that is shared by many takes some of it for itself.
MOST_ECHO_SECONDS: Final = 0.5
SAY_EVERY: Final = 0.02
MIB: Final = 1024 * 1024


@dataclass
class Scene:
    """A room with a witness in it; a context manager around one attack."""

    server: RunningServer
    echoes: list[float] = field(default_factory=list)
    most_bytes: int = 0
    pause: float = SAY_EVERY

    async def __aenter__(self) -> Self:
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

    async def attack(self, story: str, *arguments: object) -> dict[str, Any]:
        """Run the attack of that name; return what it tells at its end.

        It is in `attackers.py`, or where the server speaks TLS in `handshakers.py`.
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
            told, _ = await asyncio.wait_for(process.communicate(), 60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        found: dict[str, Any] = json.loads(told)
        return found

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
        assert len(self.echoes) > 4
        assert middle < MOST_ECHO_SECONDS, f"{middle} s\n{self.server.log[-2000:]}"
        assert grown < most_mib
        assert "Traceback" not in self.server.log

    @property
    def cpu_seconds(self) -> float:
        """Seconds of processor time that the server took since the attack began."""
        return self._cpu_seconds() - self._cpu_before

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.server.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def _watch(self) -> None:
        number = 0
        while True:
            number += 1
            begun = time.perf_counter()
            self.witness.say(f"echo {number}")
            await _until(self.witness, f"echo {number}")
            self.echoes.append(time.perf_counter() - begun)
            await _until(self.listener, f"echo {number}")
            self.most_bytes = max(self.most_bytes, self.server.resident_bytes)
            await asyncio.sleep(self.pause)


async def _until(client: Client, text: str) -> None:
    try:
        await client.hear_until(lambda message: message.contents == text)
    except ClosedError as error:
        raise AssertionError(f"a bystander was put out: {error}") from None


async def until_members(port: int, wanted: int, seconds: float) -> float:
    """Wait until the metrics show so many members; return how long that took."""
    begun = time.monotonic()
    while (found := await metric(port, "wschat_members")) != wanted:
        took = time.monotonic() - begun
        assert took < seconds, f"{found} members after {took:.1f} s, expected {wanted}"
        await asyncio.sleep(0.05)
    return time.monotonic() - begun


async def metric(port: int, name: str) -> float:
    """Return what the metrics' port shows under a name, with its labels if it has any."""
    shown = await asyncio.to_thread(_read, f"http://127.0.0.1:{port}/metrics")
    match = re.search(rf"^{re.escape(name)} (\S+)$", shown, re.MULTILINE)
    return float(match[1]) if match is not None else 0.0


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        return str(response.read().decode())
