"""The servers of a run, and how each is started."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.bun import bun
from bench.targets import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Server:
    """A server by the name that `--server` takes; `command` is all but the address.

    `env` is added to its environment; ``{tmp}`` in a value is a folder that lives as long as it.
    """

    name: str
    title: str
    command: Callable[[], list[str]]
    env: dict[str, str] = field(default_factory=dict)


def _module(name: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-m", f"bench.peers.{name}"]


def _bun() -> list[str]:
    return [str(bun()), str(ROOT / "bench" / "peers" / "bun_publish.js")]


SERVERS = (
    Server(
        OURS,
        "wschat",
        lambda: [sys.executable, str(ROOT / "manage.py"), "serve"],
        env={"WSCHAT_VAR": "{tmp}"},
    ),
    Server("bun", "Bun publish", _bun),
    Server("websockets", "websockets broadcast()", _module("websockets_broadcast")),
    Server("fastapi", "FastAPI + uvicorn", _module("fastapi_loop")),
    Server("stock-channels", "stock Channels", _module("stock_channels")),
)


def family(binaries: Sequence[Path]) -> list[Server]:
    """Return the family's own servers by the files that start them; each takes the address."""
    return [Server(path.name, path.name, partial(_binary, path)) for path in binaries]


def _binary(path: Path) -> list[str]:
    return [str(path.resolve())]
