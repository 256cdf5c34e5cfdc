"""Who this process is, among all that share the room."""

from __future__ import annotations

import os
import socket
import time
import uuid
from dataclasses import dataclass
from functools import cache

from chat import VERSION
from chat.config.conf import conf


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the server; `started` is in seconds since 1970.

    `id` is new with every start. `worker` is the name that whoever started the process gave it,
    empty if nobody did.
    """

    id: str
    host: str
    pid: int
    worker: str
    version: str
    started: float

    def __str__(self) -> str:
        return f"{self.host}:{self.worker or self.pid}"


@cache
def this_process() -> Process:
    """Return this process; its id is made with the first call."""
    return Process(
        id=uuid.uuid4().hex,
        host=socket.gethostname(),
        pid=os.getpid(),
        worker=conf.worker,
        version=VERSION,
        started=time.time(),
    )
