"""A member that talks, writes down all it hears, and comes back when its connection ends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

if TYPE_CHECKING:
    import random

    from websockets.asyncio.client import ClientConnection

COME_BACK_SECONDS = 0.3


@dataclass(slots=True)
class Visit:
    """One connection: who one was, and every message as it came; `said` are one's own chats."""

    port: int
    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    ended: bool = False
    code: int | None = None

    @property
    def uuid(self) -> str:
        """The id that the server gave, from one's own connect; empty before it."""
        return str(json.loads(self.heard[0])["contents"]) if self.heard else ""


class Talker:
    """Talks at random moments, `rate` times a second on average, until told to be quiet."""

    def __init__(self, port: int, rate: float, dice: random.Random) -> None:
        self.visits: list[Visit] = []
        self._port = port
        self._rate = rate
        self._dice = dice
        self._quiet = asyncio.Event()
        self._leave = asyncio.Event()

    def be_quiet(self) -> None:
        """Say nothing more; go on listening."""
        self._quiet.set()

    def leave(self) -> None:
        """Close the connection, and do not come back."""
        self._leave.set()

    async def run(self) -> None:
        """Be there until told to leave."""
        while not self._leave.is_set():
            visit = Visit(self._port)
            try:
                async with connect(
                    f"ws://127.0.0.1:{self._port}/", max_size=None, ping_interval=None
                ) as socket:
                    self.visits.append(visit)
                    await self._stay(socket, visit)
            except (OSError, InvalidHandshake, InvalidMessage, TimeoutError):
                pass
            visit.ended = not self._leave.is_set()
            await asyncio.sleep(COME_BACK_SECONDS)

    async def _stay(self, socket: ClientConnection, visit: Visit) -> None:
        tasks = [
            asyncio.create_task(self._talk(socket, visit)),
            asyncio.create_task(self._go(socket)),
        ]
        try:
            async for message in socket:
                visit.heard.append(str(message))
        except ConnectionClosed:
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        visit.code = socket.close_code

    async def _talk(self, socket: ClientConnection, visit: Visit) -> None:
        while not self._quiet.is_set():
            await asyncio.sleep(self._dice.expovariate(self._rate))
            text = f"{len(visit.said)}-{self._dice.getrandbits(48):012x}"
            await socket.send(json.dumps({"contents": text}))
            visit.said.append(text)

    async def _go(self, socket: ClientConnection) -> None:
        await self._leave.wait()
        await socket.close()
