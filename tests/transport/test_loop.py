from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers import RunningServer


def test_the_server_runs_on_the_fast_loop(server: RunningServer) -> None:
    """A small room would be carried a sixth slower, and nobody would know why."""
    maps = Path(f"/proc/{server.pid}/maps").read_text(encoding="utf-8")
    assert "/uvloop/" in maps
    assert server.get("/livez") == 200
