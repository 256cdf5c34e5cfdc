"""One member of the room, as the load engine sees it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from wschat_tools.load.places import Counts

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from wschat_tools.load.stream import Stream


class Listener(Protocol):
    """Who is told each time a member has read on."""

    def heard(self, member: Member) -> None:
        """Take note that the member's offset may have moved."""


class Member:
    """A socket, the stream it reads, and how far it is in it.

    `take` is what the next chunk goes to: it changes as the member is named, finds its place in
    the reference, or leaves it. `earlier` counts what of the reference came before its place;
    `alone` is a member that never had one; `slow` one that reads slowly, and is not waited for.
    """

    __slots__ = (
        "alone", "earlier", "final", "held", "listener", "offset", "opened_ns", "own", "placed",
        "ready_ns", "reason", "receive", "send_ns", "slow", "sock", "start", "stream", "take",
        "unsent", "uuid",
    )  # fmt: skip

    def __init__(
        self, sock: socket.socket, stream: Stream, take: Callable[[Member, memoryview], None]
    ) -> None:
        self.sock = sock
        self.receive = sock.recv_into
        self.stream = stream
        self.take = take
        self.uuid = b""
        self.offset = self.start = 0
        self.opened_ns = self.ready_ns = 0
        self.held = b""
        self.unsent = bytearray()
        self.own: deque[int] = deque()
        self.listener: Listener | None = None
        self.placed = False
        self.alone = False
        self.earlier = Counts()
        self.send_ns = 0
        self.reason = ""
        self.final = Counts()
        self.slow = False

    @property
    def closed(self) -> bool:
        """Whether the connection has ended."""
        return self.sock.fileno() < 0

    @property
    def chats(self) -> int:
        """How many chats have reached this member since the engine began to count."""
        return self.final.chats if self.closed else self.stream.chats_before(self.offset)

    @property
    def counts(self) -> Counts:
        """What has reached this member since the engine began to count."""
        return self.final if self.closed else self.stream.counts_before(self.offset)

    def saw_join(self, uuid: bytes) -> bool:
        """Whether the notice that `uuid` joined has reached this member."""
        place = self.stream.joined.get(uuid)
        return place is not None and self.start <= place < self.offset
