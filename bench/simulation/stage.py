"""All parts of one run: loop, network, Redis, processes and members, and what was seen of them."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Final, Protocol

from bench.simulation.clock import wall
from bench.simulation.guest import Guest
from bench.simulation.loop import Owner, SimulatedLoop
from bench.simulation.model import RedisModel
from bench.simulation.network import Network
from bench.simulation.scripts import digest, names
from bench.simulation.sentinels import Sentinel
from bench.simulation.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.simulation.fault import Fault, Schedule
    from bench.simulation.keyspace import Keyspace
    from bench.simulation.model import Session
    from bench.simulation.seat import Seat

RATE: Final = 1.2
REPLAY_BYTES: Final = 64 * 1024
SENTINELS: Final = ("sentinel-1", "sentinel-2", "sentinel-3")


class Watch(Protocol):
    """Is told of a command of a session, before it runs and when it has."""

    def __call__(self, session: Session, command: str, *, has_run: bool) -> None:
        """Hear of it."""


class Stage:
    """Where a schedule is played.

    Attributes:
        digest: of everything that has happened, to compare two runs; `trace` is the same as text,
            where it is kept.
        freezes: number of a process that stood still, from when, and until when.
        snapshots: data of Redis for a fault to come back to.
        wrong: what was seen to be wrong while faults lasted.
        watches: are told of every command: its session, its name, and whether it has run.

    """

    def __init__(self, schedule: Schedule, *, keep_trace: bool = False) -> None:
        self.loop = SimulatedLoop()
        self.seed = str(schedule.seed)
        self.network = Network(self.loop, self.seed)
        self.digest = hashlib.sha256()
        self.trace: list[str] | None = [] if keep_trace else None
        self.watches: list[Watch] = []
        self.servers: list[Server] = []
        self.starts = 0
        self.freezes: list[tuple[int, float, float]] = []
        self.snapshots: dict[Fault, Keyspace] = {}
        self.wrong: list[str] = []
        self.has_sentinels = schedule.has_sentinels
        self.redis_owner = Owner("redis")
        self.redis = self._make_redis()
        self.host = "redis-1"
        self.listen()
        for host in SENTINELS if schedule.has_sentinels else ():
            self.network.listen(
                host, Owner(host), lambda client: Sentinel(lambda: self.host, client)
            )
        for number in range(schedule.processes):
            self.start_server(number)
        self.guests = [
            Guest(
                self.loop, self.servers, number, RATE, random.Random(f"{self.seed}:guest:{number}")
            )
            for number in range(schedule.processes)
        ]

    @property
    def url(self) -> str:
        """What WSCHAT_REDIS_URL is."""
        if self.has_sentinels:
            return f"sentinel://{','.join(f'{host}:26379' for host in SENTINELS)}/main"
        return "redis://redis-1:6379"

    @property
    def seats(self) -> list[Seat]:
        """All visits, those that have ended among them."""
        return [seat for guest in self.guests for seat in guest.seats]

    def note(self, *what: object) -> None:
        """Write down that something happened."""
        line = f"{self.loop.time():.6f} {' '.join(map(str, what))}"
        self.digest.update(line.encode())
        if self.trace is not None:
            self.trace.append(line)

    def new_run_id(self) -> str:
        """Return what the next start of a Redis is named."""
        self.starts += 1
        return f"{self.starts:040x}"

    def listen(self) -> None:
        """Let connections reach the Redis of the moment."""
        self.network.listen(self.host, self.redis_owner, self.redis.connect)

    def start_server(self, number: int) -> None:
        """Start a process, in the place of the one of this number if there was one."""
        server = Server(self.loop, Owner(f"server-{number}"), number, self.url, REPLAY_BYTES)
        if number < len(self.servers):
            self.servers[number] = server
        else:
            self.servers.append(server)
        server.start()

    def replace_redis(self) -> RedisModel:
        """Have another server be the Redis that new connections reach; return the one before."""
        former, self.redis_owner = self.redis, Owner("redis")
        self.redis = self._make_redis()
        return former

    def _make_redis(self) -> RedisModel:
        owner = self.redis_owner
        model = RedisModel(self.new_run_id(), lambda: wall(self.loop) if owner else 0.0)
        model.on_command = self._on_command
        return model

    def _on_command(self, session: Session, command: list[bytes]) -> Callable[[], None]:
        name = command[0].decode().lower()
        if name in {"evalsha", "eval"}:
            name = names().get(command[1] if name == "evalsha" else digest(command[1]), "script")
        client = session.client.name if session.client is not None else "somebody"
        self.note(client, name)
        for watch in list(self.watches):
            watch(session, name, has_run=False)

        def answered() -> None:
            for watch in list(self.watches):
                watch(session, name, has_run=True)

        return answered
