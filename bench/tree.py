"""A process and its workers: what they take together (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Tree:
    """A process by its number, and its children."""

    pid: int

    @property
    def pids(self) -> list[int]:
        """All of them, as they are now."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all so far."""
        total = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / _TICK

    @property
    def resident(self) -> int:
        """Bytes of memory of the children, of the process itself where it has none.

        What they share is counted for each.
        """
        serving = self.pids[1:] or self.pids
        sizes = (Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in serving)
        return sum(map(int, sizes)) * _PAGE
