"""Two hosts with a network between them, one Redis, and nginx in front of both."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from bench.faults.redis import RunningRedis
from tests.clients import Client, Visitors
from tests.cluster.network import Host, HostedServer, hub, why_no_hosts
from tests.servers import ROOT, RunningServer, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

UNPLUGGED_SECONDS = 4.0
pytestmark = pytest.mark.processes
SAMPLE = ROOT / "docs" / "ops" / "nginx-two-hosts.conf"


class Front(RunningServer):
    """nginx with the configuration of the docs, over the servers of this test."""

    def __init__(self, folder: Path, servers: list[HostedServer]) -> None:
        super().__init__()
        self.port = free_port()
        text = SAMPLE.read_text()
        for sample, server in zip(("192.0.2.11", "192.0.2.12"), servers, strict=True):
            text = text.replace(f"{sample}:8000", f"{server.host}:{server.port}")
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.port};")
        temporary = "\n".join(
            f"{kind}_temp_path {folder};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self._main = folder / "nginx.conf"
        self._main.write_text(
            f"daemon off; pid {folder}/pid; user root; error_log stderr; events {{}}\n"
            f"http {{ access_log off; {temporary}\n{text} }}\n"
        )

    @property
    def command(self) -> list[str]:
        """The command line."""
        return ["nginx", "-c", str(self._main)]


class Site:
    """Two hosts behind nginx."""

    def __init__(self, folder: Path, exit_stack: ExitStack) -> None:
        enter = exit_stack.enter_context
        redis = enter(RunningRedis(("--bind", "0.0.0.0", "--protected-mode", "no")))
        self.hosts = [enter(Host(number)) for number in (1, 2)]
        self.servers = [
            HostedServer(host, {"WSCHAT_REDIS_URL": f"redis://{host.here}:{redis.port}",
                                "WSCHAT_ALLOWED_HOSTS": "*"})
            for host in self.hosts
        ]  # fmt: skip
        for server in self.servers:
            enter(server)
        self.front = enter(Front(folder, self.servers))


@pytest.fixture
def own_network() -> Iterator[None]:
    """Keep the site's cables out of the machine's own network."""
    if reason := why_no_hosts():
        pytest.skip(reason)
    with hub():
        yield


@pytest.fixture
async def site(own_network: None, tmp_path: Path) -> AsyncIterator[Site]:
    """Build the site."""
    with ExitStack() as exit_stack:
        yield await asyncio.to_thread(Site, tmp_path, exit_stack)


def members_of(server: HostedServer) -> int:
    """Return how many sockets a host's server has, from this machine."""
    shown = subprocess.run(
        ["ss", "-Htn", "state", "established", "dst", f"{server.host}:{server.port}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return len(re.findall(r"\n", shown))


async def test_a_site_of_two_hosts_loses_nothing_to_its_network(site: Site) -> None:
    """A switch that restarts would cost people messages, or throw them out of the room."""
    async with Visitors(site.front) as visitors:
        clients = await visitors.join_each(6)
        assert all(members_of(server) >= 2 for server in site.servers)
        said: list[str] = []
        await say(clients, said, 6)
        site.hosts[1].pull_cable()
        until = time.monotonic() + UNPLUGGED_SECONDS
        while time.monotonic() < until:
            await say(clients, said, 3)
            await asyncio.sleep(0.2)
        site.hosts[1].plug_cable()
        await say(clients, said, 6)
        heard = [[text for _, text in await client.hear_chats(len(said))] for client in clients]
    assert all(each == heard[0] for each in heard)
    assert sorted(heard[0]) == sorted(said)
    for number in range(len(clients)):
        own = [text for text in said if text.startswith(f"{number}:")]
        assert [text for text in heard[0] if text.startswith(f"{number}:")] == own


async def say(clients: list[Client], said: list[str], count: int) -> None:
    """Have members say so many chats in turn."""
    for _ in range(count):
        number = len(said) % len(clients)
        said.append(f"{number}:{len(said)}")
        clients[number].say(said[-1])


async def test_nginx_sends_newcomers_to_the_host_that_is_there(site: Site) -> None:
    """Half of all visitors would be turned away while one host is down."""
    site.servers[0].kill()
    async with Visitors(site.front) as visitors:
        clients = await visitors.join_each(4)
        clients[0].say("hello")
        assert [text for _, text in await clients[-1].hear_chats(1)] == ["hello"]
