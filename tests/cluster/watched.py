"""A Redis with a replica that takes its place, and the three Sentinels that watch both."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from redis import Redis
from redis.exceptions import RedisError

from bench.faults.redis import RunningRedis
from bench.process import free_port

if TYPE_CHECKING:
    from pathlib import Path

START_SECONDS = 60.0
MASTER = "main"
PASSWORD = "of-the-sentinels"


class WatchedRedis:
    """Two redis-servers, three Sentinels and a HAProxy that leads to the master of the two.

    A context manager that ends them. The first Sentinel in the URL can be frozen.
    """

    def __init__(self, folder: Path) -> None:
        self.servers = [RunningRedis(), RunningRedis()]
        self._ports = [free_port() for _ in range(3)]
        self._front = free_port()
        self._folder = folder
        self._exit = ExitStack()
        self._sentinels: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        first, second = [self._exit.enter_context(server) for server in self.servers]
        second.client.replicaof("127.0.0.1", first.port)
        self._sentinels = [self._watch(port, first.port) for port in self._ports]
        self._await_watch()
        self._start(["haproxy", "-f", str(self._write_front())])
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def url(self) -> str:
        """What WSCHAT_REDIS_URL takes to ask the Sentinels."""
        sentinels = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"sentinel://{sentinels}/{MASTER}?sentinel_password={PASSWORD}"

    @property
    def proxied_url(self) -> str:
        """What it takes to go through HAProxy."""
        return f"redis://127.0.0.1:{self._front}"

    def client(self, sentinel: int = 2) -> Redis:
        """Return a client of a Sentinel."""
        return Redis(port=self._ports[sentinel], password=PASSWORD, socket_timeout=5)

    def freeze_first(self) -> None:
        """Let the first Sentinel take connections and answer nothing."""
        self._sentinels[0].send_signal(signal.SIGSTOP)

    def lose_master(self) -> None:
        """Kill the master; the replica is promoted by and by."""
        self.servers[0].kill()

    def swap(self) -> None:
        """Have the replica promoted while the master is well, which becomes a replica of it."""
        self.client().sentinel_failover(MASTER)

    def _watch(self, port: int, master: int) -> subprocess.Popen[bytes]:
        conf = self._folder / f"sentinel-{port}.conf"
        conf.write_text(
            f"port {port}\n"
            f"requirepass {PASSWORD}\n"
            f"sentinel sentinel-pass {PASSWORD}\n"
            f"sentinel monitor {MASTER} 127.0.0.1 {master} 2\n"
            f"sentinel down-after-milliseconds {MASTER} 1000\n"
            f"sentinel failover-timeout {MASTER} 5000\n"
        )
        return self._start(["redis-server", str(conf), "--sentinel"])

    def _write_front(self) -> Path:
        conf = self._folder / "haproxy.cfg"
        servers = "".join(
            f"    server redis{number} 127.0.0.1:{server.port} check\n"
            for number, server in enumerate(self.servers)
        )
        conf.write_text(
            "defaults\n    mode tcp\n    timeout connect 1s\n    timeout client 1h\n"
            "    timeout server 1h\n    timeout check 1s\n"
            f"frontend chat\n    bind 127.0.0.1:{self._front}\n    default_backend redis\n"
            "backend redis\n    option tcp-check\n"
            "    tcp-check send info\\ replication\\r\\n\n"
            "    tcp-check expect string role:master\n"
            "    default-server inter 300 fall 1 rise 1 on-marked-down shutdown-sessions\n"
            f"{servers}"
        )
        return conf

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._exit.callback(process.wait)
        self._exit.callback(process.kill)
        return process

    def _await_watch(self) -> None:
        """Return when every Sentinel knows the other two and a replica that could be promoted."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(RedisError, ValueError):
                if all(self._is_watched_by(number) for number in range(len(self._ports))):
                    return
            time.sleep(0.05)
        raise RuntimeError(f"no Sentinel found a replica within {START_SECONDS:g} seconds")

    def _is_watched_by(self, sentinel: int) -> bool:
        client: Any = self.client(sentinel)
        [replica] = client.sentinel_slaves(MASTER)
        is_linked: bool = replica["master-link-status"] == "ok"
        return is_linked and len(client.sentinel_sentinels(MASTER)) == 2
