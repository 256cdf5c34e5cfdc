"""Members of servers that keep their sockets: uvicorn, hypercorn, Channels' communicator.

What the room sends waits in the member's channel, and the consumer sends it on by plain ASGI.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from chat.protocol.frames import payloads, whole_frames
from chat.transport.base import take_nothing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chat.protocol.messages import CloseCode

# The ASGI extension that holds a member's `Gate`.
GATE: Final = "wschat.gate"
# Events that wait in a channel at most, as in Channels' own layers.
MOST_EVENTS: Final = 100
# Of frames in one event: members whose server is slow take turns.
EVENT_BYTES: Final = 8 * 1024
# Seconds for a member to take the next piece of what waits before its close, or the close itself.
CLOSE_SECONDS: Final = 5.0
# How often that time is given to a consumer that goes on sending.
CLOSE_CHANCES: Final = 5


class Gate:
    """A server's `receive`, held back while the room does not read from the member (backpressure).

    Waiting in a consumer's handler instead would also stop what its channel brings.
    `was_aborted` tells that the consumer was cancelled because its client takes nothing.
    """

    def __init__(self, receive: Callable[[], Awaitable[Any]]) -> None:
        self.was_aborted = False
        self._receive = receive
        self._open = asyncio.Event()
        self._open.set()

    async def receive(self) -> Any:
        """Return the server's next event (ASGI); a message only once the gate is open."""
        event = await self._receive()
        if event["type"] == "websocket.receive":
            await self._open.wait()
        return event

    def open(self) -> None:
        """Let events through."""
        self._open.set()

    def close(self) -> None:
        """Hold events back."""
        self._open.clear()


class ChannelQueue:
    """What waits in a member's channel, in order, and the member's transport (Transport).

    `on_end` is called once, when the consumer receives no longer, for whatever reason.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self.backlog = 0
        self.taken = 0
        self.send = self.send_pages = take_nothing
        self.gate: Gate | None = None
        self._on_end: Callable[[], None] | None = on_end
        self._task: asyncio.Task[Any] | None = None
        self._items: deque[bytes | dict[str, Any]] = deque()
        self._waiting: _Next | None = None
        self._sending = 0
        self._is_closing = False

    @property
    def is_idle(self) -> bool:
        """Whether the channel is unused: no queued event, and no consumer that waits for one."""
        return not self._items and (self._waiting is None or self._waiting.done())

    def receive(self) -> asyncio.Future[dict[str, Any]]:
        """Return the next event, as it comes; the one before has been sent on."""
        self.taken += self._sending
        self.backlog -= self._sending
        self._sending = 0
        self._task = asyncio.current_task()
        self._waiting = _Next(self._end)
        self._wake()
        return self._waiting

    def put(self, event: dict[str, Any]) -> None:
        """Queue an event for the consumer, behind what waits; drop it if too many wait."""
        if len(self._items) < MOST_EVENTS:
            self._put(event)

    def _put(self, event: dict[str, Any]) -> None:
        self._items.append(event)
        self._wake()

    def write(self, frames: bytes) -> int:
        """Queue frames."""
        if self._is_closing or self._on_end is None:
            return 0
        self._items.append(frames)
        self.backlog += len(frames)
        self._wake()
        return self.backlog

    def send_backlog(self) -> None:
        """Do nothing: the consumer receives the backlog as fast as the server sends it."""

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Queue the last message and the close."""
        if self._is_closing:
            return
        if error is not None:
            self.write(error)
        self._is_closing = True
        self._put({"type": "room.close", "code": code.code, "reason": code.meaning})
        self.resume_reading()
        self._wait(CLOSE_CHANCES)

    def close_slow(self, code: CloseCode) -> None:
        """Drop what waits, then close."""
        self._items.clear()
        self.backlog = self._sending
        self.close(code)

    def pause_reading(self) -> None:
        """Have the server keep what the member sends."""
        if self.gate is not None:
            self.gate.close()

    def resume_reading(self) -> None:
        """Take what the member sends."""
        if self.gate is not None:
            self.gate.open()

    def _wake(self) -> None:
        if self._items and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(self._next())

    def _next(self) -> dict[str, Any]:
        item = self._items.popleft()
        if isinstance(item, dict):
            return item
        self._sending = whole_frames(item, EVENT_BYTES)
        if self._sending < len(item):
            self._items.appendleft(item[self._sending :])
        texts = [payload.decode() for payload in payloads(item[: self._sending])]
        return {"type": "room.messages", "messages": texts}

    def _wait(self, chances: int) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(CLOSE_SECONDS, self._wait_for_end, chances, self.taken)

    def _wait_for_end(self, chances: int, taken: int) -> None:
        """Abort if the consumer has not ended in time; one that still sends gets more."""
        if self._on_end is None:
            return
        if chances and self.taken != taken:
            self._wait(chances - 1)
        elif self._task is not None:
            if self.gate is not None:
                self.gate.was_aborted = True
            self._task.cancel()

    def _end(self) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end()


class _Next(asyncio.Future[dict[str, Any]]):
    """The next event. Channels cancels it when the consumer ends, also where it calls nothing else.

    A consumer that raised, or whose task was cancelled, gets no `websocket_disconnect`.
    """

    def __init__(self, on_cancel: Callable[[], None]) -> None:
        super().__init__()
        self._on_cancel = on_cancel

    def cancel(self, msg: Any = None) -> bool:
        """Tell the queue, then cancel."""
        self._on_cancel()
        return super().cancel(msg)
