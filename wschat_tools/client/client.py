from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from wschat_tools.client.backoff import Backoff
from wschat_tools.client.errors import StayAwayError
from wschat_tools.client.event import Event, read_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection

# After these a client stays away (docs/protocol.md); after any other, or none, it comes back.
STAY_AWAY: Final = frozenset({1002, 1003, 1007, 1008, 1009, 4001, 4002})
# A handshake that is refused with one of these may be let in later.
TRY_LATER: Final = frozenset({429, 500, 502, 503, 504})
STEADY_SECONDS: Final = 60.0


class Client:
    """A member of the room at a ws:// or wss:// address, and again one after each lost connection.

    Iterate over it for what happens: `async for event in client`. Its own `connect` is the first
    event of each connection; what was said while there was none is missing. `id` is the member's
    own, new with each connection and empty in between.

    Raises:
        StayAwayError: out of the iteration, when the server says not to come back.

    """

    def __init__(self, url: str) -> None:
        self.id = ""
        self._url = url
        self._socket: ClientConnection | None = None
        self._joined = asyncio.Event()

    async def say(self, contents: str) -> None:
        """Send a chat; waits while there is no connection.

        Whether it was heard shows when it comes back as an event of one's own.
        """
        text = json.dumps({"contents": contents}, ensure_ascii=False)
        while True:
            await self._joined.wait()
            socket = self._socket
            try:
                if socket is not None:
                    await socket.send(text)
                    return
            except ConnectionClosed:
                if self._socket is socket:
                    self._joined.clear()

    async def __aiter__(self) -> AsyncIterator[Event]:
        backoff = Backoff()
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            reason = ""
            try:
                async with connect(self._url, compression=None, max_queue=None) as socket:
                    async for event in self._events(socket):
                        reason = event.contents if event.action == "error" else reason
                        yield event
                    code = socket.close_code or 0
            except InvalidStatus as refusal:
                code = refusal.response.status_code
                if code not in TRY_LATER:
                    raise StayAwayError(code, f"the server refused with {code}") from None
            except (InvalidHandshake, OSError, TimeoutError):
                code = 0
            if code in STAY_AWAY:
                raise StayAwayError(code, reason)
            if loop.time() - began > STEADY_SECONDS:
                backoff.reset()
            await asyncio.sleep(backoff.next())

    async def _events(self, socket: ClientConnection) -> AsyncIterator[Event]:
        """Yield what a connection brings, to its end, however it ends."""
        self._socket = socket
        try:
            async for text in socket:
                event = read_event(text)
                if not self.id and event.action == "connect":
                    self.id = event.contents
                    self._joined.set()
                yield event
        except ConnectionClosed:
            pass
        finally:
            self._socket = None
            self._joined.clear()
            self.id = ""
