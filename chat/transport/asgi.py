"""The ASGI way: one `websocket.send` per message through a queue, for any ASGI server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from chat.protocol.frames import payloads
from chat.transport.base import take_nothing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chat.protocol.messages import CloseCode

    Send = Callable[[dict[str, Any]], Awaitable[None]]

logger = logging.getLogger(__name__)

# Seconds that a slow member is given to take its close frame.
CLOSE_GRACE = 5.0


class AsgiTransport:
    """Writes by a task of its own, so that nobody waits for a slow socket."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._queue: deque[tuple[dict[str, Any], int]] = deque()
        self._filled = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._is_closing = False
        self._writer = asyncio.create_task(self._write_queued())
        self.backlog = 0
        self.taken = 0
        self.send = self.send_pages = take_nothing

    def write(self, frames: bytes) -> int:
        """Queue every message of the batch."""
        if self._is_closing:
            return 0
        for payload in payloads(frames):
            self._put({"type": "websocket.send", "text": payload.decode()}, len(payload))
        return self.backlog

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Queue the last message and the close."""
        if self._is_closing:
            return
        if error is not None:
            self.write(error)
        self._is_closing = True
        self._put({"type": "websocket.close", "code": code.code, "reason": code.meaning}, 0)
        self.resume_reading()

    def close_slow(self, code: CloseCode) -> None:
        """Forget what is queued; give up if the close does not get out in time."""
        self._queue.clear()
        self.backlog = 0
        self.close(code)
        asyncio.get_running_loop().call_later(CLOSE_GRACE, self.abort)

    def abort(self) -> None:
        """Stop writing; the server ends the connection when the application returns."""
        self._writer.cancel()

    def pause_reading(self) -> None:
        """Make `reading` wait."""
        self._reading.clear()

    def resume_reading(self) -> None:
        """Let `reading` return."""
        self._reading.set()

    async def reading(self) -> None:
        """Wait until the room takes messages from this member again."""
        await self._reading.wait()

    async def finished(self) -> None:
        """Wait until what was queued is written, or given up."""
        with contextlib.suppress(asyncio.CancelledError):
            await self._writer

    def _put(self, event: dict[str, Any], size: int) -> None:
        self._queue.append((event, size))
        self.backlog += size
        self._filled.set()

    async def _write_queued(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                event, size = self._queue.popleft()
                try:
                    await self._send(event)
                except Exception as error:  # noqa: BLE001 - servers differ in what they raise here
                    logger.debug("a socket is gone: %r", error)
                    return
                self.backlog -= size
                self.taken += size
                if event["type"] == "websocket.close":
                    return
