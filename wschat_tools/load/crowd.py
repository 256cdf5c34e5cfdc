"""All members of a room in one event loop: who is there, bytes in, bytes out."""

import asyncio
import contextlib
import select
import socket
from array import array
from collections import Counter
from types import TracebackType
from typing import Self

from wschat_tools.load.address import WAITS, Address
from wschat_tools.load.errors import ChatError
from wschat_tools.load.frames import GOODBYE
from wschat_tools.load.member import Member
from wschat_tools.load.reference import Reference
from wschat_tools.load.speakers import Speakers, now_ns

READ_BYTES = 256 * 1024
POLLS_A_TURN = 16
FORGET_BYTES = 4 * 1024 * 1024
LEFT = "left"


class Crowd:
    """The members of one room at one address; an asynchronous context that closes them all.

    Sockets are watched through one epoll object that asyncio watches in turn: a wake-up of the
    loop then serves every socket that is ready, at a fraction of a callback for each.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.speakers = Speakers()
        self.reference = Reference(self.speakers, self.send)
        self.members: dict[int, Member] = {}
        self.deaf: list[Member] = []
        self.problems: Counter[str] = Counter()
        self.last_ns = now_ns()
        self.send_times: array[int] = array("q")
        self.stopped = False
        self.everybody: list[Member] = []
        self.slow_problems: Counter[str] = Counter()
        self._poll = select.epoll()
        self._view = memoryview(bytearray(READ_BYTES))
        self._forget_at = FORGET_BYTES

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._poll.fileno(), self._turn)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._poll.fileno())
        for member in [*self.members.values(), *self.deaf]:
            with contextlib.suppress(OSError):
                member.sock.send(GOODBYE)
            member.sock.close()
        self._poll.close()

    @property
    def same_stream(self) -> bool:
        """Whether every member got the same bytes in the same order, from its own connect on."""
        return self.reference.apart == 0

    def has_left(self, uuid: bytes) -> bool:
        """Whether anyone has been told that `uuid` left."""
        return any(uuid in member.stream.left for member in self.members.values())

    @property
    def going(self) -> bool:
        """Whether there is still somebody to chat, and nobody has said `stop`."""
        return bool(self.members) and not self.stopped

    def stop(self) -> None:
        """Let whatever joins, chats or waits come to its end now, with what it has."""
        self.stopped = True

    def admit(self, sock: socket.socket, opened_ns: int, rest: bytes) -> Member:
        """Watch a socket whose handshake is done; `rest` is what came behind it."""
        member = Member(sock, self.reference.stream, self.reference.take_first)
        member.opened_ns = opened_ns
        self.members[sock.fileno()] = member
        self.everybody.append(member)
        self._poll.register(sock, select.EPOLLIN)
        if rest:
            self._hand_over(member, memoryview(rest))
        return member

    def send(self, member: Member, data: bytes | bytearray) -> None:
        """Send `data` now as far as the socket takes it, the rest once it takes more.

        How long it was until the socket had taken all (ns) is noted in `send_times`.
        """
        if member.unsent:
            member.unsent += data
            return
        began = member.send_ns or now_ns()
        try:
            sent = member.sock.send(data)
        except WAITS:
            sent = 0
        except OSError as error:
            self.drop(member, f"lost while sending: {error.strerror or error}")
            return
        if sent < len(data):
            member.unsent += memoryview(data)[sent:]
            member.send_ns = began
            self._poll.modify(member.sock, select.EPOLLIN | select.EPOLLOUT)
        else:
            member.send_ns = 0
            self.send_times.append(now_ns() - began)

    def drop(self, member: Member, reason: str) -> None:
        """Count a member as gone, and why."""
        if self.members.pop(member.sock.fileno(), None) is None:
            return
        if not member.slow:
            self._poll.unregister(member.sock)
        member.final = member.counts
        member.sock.close()
        member.reason = reason
        self.reference.lose(member)
        if reason != LEFT:
            (self.slow_problems if member.slow else self.problems)[reason] += 1

    def slow_down(self, member: Member) -> None:
        """Read from this member only when `read` is called for it."""
        member.slow = True
        self._poll.unregister(member.sock)

    def deafen(self, member: Member) -> None:
        """Never read from this member again, while its socket stays open."""
        del self.members[member.sock.fileno()]
        self._poll.unregister(member.sock)
        self.deaf.append(member)

    def _turn(self) -> None:
        for _ in range(POLLS_A_TURN):
            events = self._poll.poll(0)
            if not events:
                break
            for fd, event in events:
                member = self.members.get(fd)
                if member is None:
                    continue
                if event & select.EPOLLOUT:
                    self._flush(member)
                if event & ~select.EPOLLOUT:
                    self.read(member)
            self.last_ns = now_ns()
        self.reference.read_ahead()
        if len(self.reference.stream.data) > self._forget_at:
            self.reference.forget(self.members.values())
            self._forget_at = len(self.reference.stream.data) + FORGET_BYTES

    def read(self, member: Member, size: int = READ_BYTES) -> None:
        """Read what has come for a member, at most so many bytes of it."""
        try:
            got = member.receive(self._view[:size])
        except WAITS:
            return
        except OSError as error:
            self.drop(member, f"lost: {error.strerror or error}")
            return
        if not got:
            self.drop(member, "lost: the server ended the connection")
            return
        self._hand_over(member, self._view[:got])
        if self.address.tls and not member.slow and not member.closed:
            self.read(member)  # what a TLS socket holds decrypted no poll tells of

    def _hand_over(self, member: Member, chunk: memoryview) -> None:
        try:
            member.take(member, chunk)
        except ChatError as error:
            self.drop(member, str(error))
        if member.listener is not None:
            member.listener.heard(member)

    def _flush(self, member: Member) -> None:
        self._poll.modify(member.sock, select.EPOLLIN)
        data, member.unsent = member.unsent, bytearray()
        self.send(member, data)
