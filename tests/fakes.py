"""What stands in for sockets and for the channel layer in unit tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from chat.member import Member
from chat.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.protocol import CloseCode


class FakeTransport:
    """A socket that takes what it is told to take (`chat.transport.base.Transport`).

    Attributes:
        written: every batch, in order.
        space: bytes that the operating system still takes; None for any number.

    """

    def __init__(self, space: int | None = None) -> None:
        self.written: list[bytes] = []
        self.space = space
        self.backlog = 0
        self.taken = 0
        self.closed: list[tuple[CloseCode, bytes | None]] = []
        self.closed_slow: list[CloseCode] = []
        self.is_paused = False
        self.pauses = 0

    def write(self, frames: bytes) -> int:
        """Take as much as there is space for."""
        self.written.append(frames)
        self.backlog += len(frames)
        self.take(self.backlog if self.space is None else min(self.space, self.backlog))
        return self.backlog

    def take(self, count: int) -> None:
        """Have the operating system take some of the backlog."""
        self.backlog -= count
        self.taken += count
        if self.space is not None:
            self.space -= min(self.space, count)

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Remember it."""
        self.closed.append((code, error))

    def close_slow(self, code: CloseCode) -> None:
        """Remember it."""
        self.closed_slow.append(code)

    def pause_reading(self) -> None:
        """Remember it."""
        self.is_paused = True
        self.pauses += 1

    def resume_reading(self) -> None:
        """Remember it."""
        self.is_paused = False

    @property
    def heard(self) -> bytes:
        """All that was written."""
        return b"".join(self.written)


def fake_member(space: int | None = None) -> tuple[Member, FakeTransport]:
    """Return a member of no room, and its socket."""
    transport = FakeTransport(space)
    return Member(transport, Visitor()), transport


class FakeLayer:
    """A channel layer of one channel, that can be made to hang or to fail.

    Attributes:
        sent: the batches it took.
        in_flight: how many sends are under way, and `most_in_flight` how many ever were.
        failures: how many of the next calls raise.

    """

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.groups: list[tuple[str, str]] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.failures = 0
        self.channels = 0
        self.open = asyncio.Event()
        self.open.set()
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def new_channel(self) -> str:
        """Return a name."""
        await asyncio.sleep(0)
        self._fail()
        self.channels += 1
        return f"channel{self.channels}"

    async def group_add(self, group: str, channel: str) -> None:
        """Remember it."""
        await asyncio.sleep(0)
        self.groups.append((group, channel))

    async def group_send(self, _group: str, message: dict[str, Any]) -> None:
        """Pass the batch to whoever receives, when the layer is open."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.open.wait()
            self._fail()
            self.sent.append(message)
            self._queue.put_nowait(message)
        finally:
            self.in_flight -= 1

    async def receive(self, _channel: str) -> dict[str, Any]:
        """Return the next batch."""
        return await self._queue.get()

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the layer is down")


async def until(is_so: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something has become true."""
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.001)
