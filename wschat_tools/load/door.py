"""Open connections: so many handshakes at a time, each handed over once it is done."""

import asyncio
import contextlib
import os
import select
import socket
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

from wschat_tools.load.address import WAITS, Address
from wschat_tools.load.errors import ConnectError, HandshakeError, LoadError
from wschat_tools.load.handshake import Handshake, first_line
from wschat_tools.load.speakers import now_ns

READ_BYTES = 64 * 1024


class Entrant:
    """A connection on its way in."""

    __slots__ = ("answer", "asked", "opened_ns", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.opened_ns = now_ns()
        self.asked = False
        self.answer = b""


class Door:
    """Lets connections in to `admitted(socket, opened_ns, rest)`; `refused(error)` tells of others.

    `receive_buffer` (bytes) bounds what the kernel takes in for a member that does not read.
    """

    def __init__(
        self,
        address: Address,
        admitted: Callable[[socket.socket, int, bytes], object],
        refused: Callable[[LoadError], None],
    ) -> None:
        self.address = address
        self._handshake = Handshake(address)
        self._admitted = admitted
        self._refused = refused
        self._entrants: dict[int, Entrant] = {}
        self._poll = select.epoll()

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
        for entrant in self._entrants.values():
            entrant.sock.close()
        self._poll.close()

    @property
    def waiting(self) -> int:
        """How many handshakes are under way."""
        return len(self._entrants)

    def open(self, receive_buffer: int | None = None) -> None:
        """Start one connection."""
        sock = self.address.new_socket()
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        with contextlib.suppress(BlockingIOError):
            try:
                sock.connect(self.address.sockaddr)
            except BlockingIOError:
                pass
            except OSError as error:
                sock.close()
                self._refused(connect_error(self.address, error.strerror))
                return
        if self.address.tls:
            sock = self.address.tls.wrap_socket(
                sock,
                do_handshake_on_connect=False,
                suppress_ragged_eofs=True,
                server_hostname=self.address.host,
            )
        self._entrants[sock.fileno()] = Entrant(sock)
        self._poll.register(sock, select.EPOLLOUT)

    def give_up(self, when: str = "in time") -> None:
        """Refuse everyone who is still under way, who did not come `when`."""
        for entrant in list(self._entrants.values()):
            got = first_line(entrant.answer) if entrant.answer else "nothing"
            if self.address.tls and not entrant.asked:
                got = "no TLS handshake (perhaps it is a server of ws://)"
            self._refuse(entrant, HandshakeError(f"{self.address}: got {got} {when}"))

    def _turn(self) -> None:
        for fd, event in self._poll.poll(0):
            entrant = self._entrants[fd]
            try:
                if entrant.asked and event & select.EPOLLIN:
                    self._read(entrant)
                elif not entrant.asked:
                    self._ask(entrant)
                else:
                    raise HandshakeError(
                        f"{self.address}: got the end of the connection unanswered"
                    )
            except WAITS as wanted:
                is_write = isinstance(wanted, ssl.SSLWantWriteError)
                self._poll.modify(entrant.sock, select.EPOLLOUT if is_write else select.EPOLLIN)
            except OSError as error:
                reason = getattr(error, "verify_message", "") or error.strerror or str(error)
                self._refuse(entrant, connect_error(self.address, reason))
            except LoadError as error:
                self._refuse(entrant, error)

    def _ask(self, entrant: Entrant) -> None:
        code = entrant.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise connect_error(self.address, os.strerror(code))
        if isinstance(entrant.sock, ssl.SSLSocket):
            entrant.sock.do_handshake()
        entrant.sock.send(self._handshake.request)
        entrant.asked = True
        self._poll.modify(entrant.sock, select.EPOLLIN)

    def _read(self, entrant: Entrant) -> None:
        data = entrant.sock.recv(READ_BYTES)
        if not data:
            got = first_line(entrant.answer) if entrant.answer else "nothing"
            raise HandshakeError(f"{self.address}: got {got} and the end of the connection")
        entrant.answer += data
        rest = self._handshake.rest(entrant.answer)
        if rest is None:
            return
        if isinstance(entrant.sock, ssl.SSLSocket) and entrant.sock.pending():
            rest += entrant.sock.recv(READ_BYTES)
        self._release(entrant)
        self._admitted(entrant.sock, entrant.opened_ns, rest)

    def _refuse(self, entrant: Entrant, error: LoadError) -> None:
        self._release(entrant)
        entrant.sock.close()
        self._refused(error)

    def _release(self, entrant: Entrant) -> None:
        del self._entrants[entrant.sock.fileno()]
        self._poll.unregister(entrant.sock)


def connect_error(address: Address, reason: str | None) -> ConnectError:
    """Tell of a connection that did not come about."""
    return ConnectError(f"{address}: no connection: {reason}")
