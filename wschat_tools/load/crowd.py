"""All members of a room in one event loop: who is there, bytes in, bytes out."""

import asyncio
import select
import socket
from array import array
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from chat.load.address import Address
from chat.load.errors import ChatError
from chat.load.member import Member
from chat.load.reference import Reference
from chat.load.speakers import Speakers, now_ns

READ_BYTES = 256 * 1024
POLLS_A_TURN = 16
FORGET_BYTES = 4 * 1024 * 1024
GLANCE_SECONDS = 0.005


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

    async def quiet(self, done: Callable[[], bool], patience: float) -> bool:
        """Wait until `done`, or until nothing has come for `patience` seconds; returns `done()`."""
        since = now_ns()
        while not done():
            if self.stopped or now_ns() - max(since, self.last_ns) > patience * 1e9:
                return False
            await asyncio.sleep(GLANCE_SECONDS)
        return True

    def admit(self, sock: socket.socket, opened_ns: int, rest: bytes) -> Member:
        """Watch a socket whose handshake is done; `rest` is what came behind it."""
        member = Member(sock, self.reference.stream, self.reference.take_first)
        member.opened_ns = opened_ns
        self.members[sock.fileno()] = member
        self._poll.register(sock, select.EPOLLIN)
        if rest:
            self._hand_over(member, memoryview(rest))
        return member

    def send(self, member: Member, data: bytes) -> None:
        """Send `data` now as far as the socket takes it, the rest once it takes more.

        How long it was until the socket had taken all (ns) is noted in `send_times`.
        """
        if member.unsent:
            member.unsent += data
            return
        began = member.send_ns or now_ns()
        try:
            sent = member.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.drop(member, f"lost while sending: {error.strerror}")
            return
        if sent < len(data):
            member.unsent = data[sent:]
            member.send_ns = began
            self._poll.modify(member.sock, select.EPOLLIN | select.EPOLLOUT)
        else:
            member.send_ns = 0
            self.send_times.append(now_ns() - began)

    def drop(self, member: Member, reason: str) -> None:
        """Count a member as gone, and why."""
        if self.members.pop(member.sock.fileno(), None) is None:
            return
        self._poll.unregister(member.sock)
        member.final = member.chats
        member.sock.close()
        member.reason = reason
        self.reference.lose(member)
        self.problems[reason] += 1

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
                    self._read(member)
            self.last_ns = now_ns()
        if len(self.reference.stream.data) > self._forget_at:
            self.reference.forget(self.members.values())
            self._forget_at = len(self.reference.stream.data) + FORGET_BYTES

    def _read(self, member: Member) -> None:
        try:
            size = member.receive(self._view)
        except BlockingIOError:
            return
        except OSError as error:
            self.drop(member, f"lost: {error.strerror}")
            return
        if not size:
            self.drop(member, "lost: the server ended the connection")
            return
        self._hand_over(member, self._view[:size])

    def _hand_over(self, member: Member, chunk: memoryview) -> None:
        try:
            member.take(member, chunk)
        except ChatError as error:
            self.drop(member, str(error))
        if member.listener is not None:
            member.listener.heard(member)

    def _flush(self, member: Member) -> None:
        self._poll.modify(member.sock, select.EPOLLIN)
        data, member.unsent = member.unsent, b""
        self.send(member, data)
