"""Which core does what: the server on one, the load on another."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Cores:
    """The two cores of a run; the same one twice where there is no other."""

    server: int
    load: int

    @property
    def apart(self) -> bool:
        """Whether server and load have a core each."""
        return self.server != self.load

    def take_load(self) -> None:
        """Move this process to the load's core."""
        os.sched_setaffinity(0, {self.load})

    @contextmanager
    def for_server(self) -> Iterator[None]:
        """Stay on the server's core meanwhile: a process started here has all its threads there."""
        os.sched_setaffinity(0, {self.server})
        try:
            yield
        finally:
            os.sched_setaffinity(0, {self.load})


def pick_cores() -> Cores:
    """Take the first and the last core that this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[-1])
