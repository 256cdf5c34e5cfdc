"""What stands in for sockets and for the channel layer in unit tests."""

from __future__ import annotations

import asyncio
import os
import uuid
from typing import TYPE_CHECKING, Any

from chat.consumers import ChatConsumer
from chat.door.visitor import Visitor
from chat.room.layer import PREFIX
from chat.room.member import Member
from chat.room.memory_layer import MemoryLayer
from chat.room.publisher import run_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.protocol.messages import CloseCode
    from chat.serving.assembly import Parts
    from chat.transport.base import Transport
    from chat.transport.pages import Pages


class FakeTransport:
    """A socket that takes what it is told to take (`chat.transport.base.Transport`).

    Attributes:
        written: every batch, in order.
        space: bytes that the operating system still takes; None for any number.
        freed: bytes of the backlog that it would take if it were asked.

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
        self.freed = 0

    def send(self, frames: bytes) -> int:
        """Take all where there is space for it, and nothing waits."""
        if self.backlog or (self.space is not None and self.space < len(frames)):
            return 0
        self.write(frames)
        return len(frames)

    def send_pages(self, pages: Pages) -> int:
        """Take what is in the pages, likewise."""
        return self.send(os.pread(pages.number, pages.size, 0))

    def write(self, frames: bytes) -> int:
        """Take as much as there is space for."""
        self.written.append(frames)
        self.backlog += len(frames)
        self.take(self.backlog if self.space is None else min(self.space, self.backlog))
        return self.backlog

    def send_backlog(self) -> None:
        """Have the operating system take what has become free."""
        self.take(min(self.freed, self.backlog))
        self.freed = 0

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


class FakeConsumer:
    """A consumer that keeps what it is given (`chat.room.member.Consumer`)."""

    def __init__(self) -> None:
        self.taken: list[str | bytes | None] = []
        self.events: list[Any] = []

    def take(self, text: str | bytes | None) -> None:
        """Keep it."""
        self.taken.append(text)

    async def dispatch(self, message: Any) -> None:
        """Keep it."""
        self.events.append(message)


def fake_member(space: int | None = None) -> tuple[Member, FakeTransport]:
    """Return a member of no room, and its socket."""
    transport = FakeTransport(space)
    return Member(str(uuid.uuid4()), transport, Visitor(), FakeConsumer()), transport


def join(parts: Parts, transport: Transport, visitor: Visitor | None = None) -> Member:
    """Add a member to a room, with a consumer as it has in a server."""
    consumer = ChatConsumer(parts)
    member = Member(str(uuid.uuid4()), transport, visitor or Visitor(), consumer)
    consumer.member = member
    parts.layer.register(f"{PREFIX}!{member.id}", member)
    parts.room.join(member)
    return member


def receive(member: Member, text: str | bytes | None) -> None:
    """Have a member's consumer take a message, as from its socket; None is a binary one."""
    assert isinstance(member.consumer, ChatConsumer)
    member.consumer.receive_message(text)


class HeldLayer(MemoryLayer):
    """A layer in memory that can be made to hang or to fail.

    Attributes:
        is_open: whether what is sent is handed out; else `release` does it.
        failures: how many of the next calls raise.

    """

    def __init__(self) -> None:
        super().__init__()
        self.is_open = True
        self.failures = 0
        self._kept: list[tuple[str, dict[str, Any]]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send the message on, or keep it."""
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the layer is down")
        if self.is_open:
            await super().group_send(group, message)
        else:
            self._kept.append((group, message))

    def release(self) -> None:
        """Send what was kept, and from now on all."""
        self.is_open = True
        kept, self._kept = self._kept, []
        for group, message in kept:
            run_now(self.group_send(group, message))


async def until(is_so: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something has become true."""
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.001)
