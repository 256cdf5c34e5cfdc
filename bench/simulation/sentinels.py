"""A Sentinel that knows one master, `main`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bench.simulation.wire import Commands, Status, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.simulation.loop import Owner


class Sentinel(asyncio.Protocol):
    """One connection to it; `master` returns the host of the master of the moment."""

    def __init__(self, master: Callable[[], str], client: Owner | None) -> None:
        self.client = client
        self._master = master
        self._commands = Commands()
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Be connected."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Tell who is the master."""
        for command in self._commands.feed(data):
            answer: Any = Status(b"OK")
            if command[0].upper() == b"SENTINEL":
                answer = [
                    {
                        b"name": b"main",
                        b"ip": self._master().encode(),
                        b"port": b"6379",
                        b"flags": b"master",
                        b"num-other-sentinels": b"2",
                    }
                ]
            elif command[0].upper() == b"HELLO":
                answer = {b"server": b"redis", b"proto": 3}
            self._transport.write(encode(answer))
