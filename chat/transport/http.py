"""Twisted's HTTP side, with bounds, and with a way out for the sockets of members.

Twisted takes a body of any size, to memory or disk, before Daphne asks anybody, and gives a head as
long as a byte of it comes now and then. This file is the only one that uses private names of
Twisted (`_path`, `_receivedHeaderSize`, `_savedTimeOut`, `_abortingCall`, `_tempDataLen`): the
bounds have no public hook. tests/transport/test_http.py fails if one of them is gone.
"""

from __future__ import annotations

import socket
from typing import Any, Final

from twisted.internet.error import ConnectionDone
from twisted.internet.tcp import Connection
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from chat.config.conf import conf
from chat.transport.plain_answer import plain_answer
from chat.transport.sockets import the_sockets
from chat.transport.tls import TlsConnection

# Seconds from accept, or from the last answer, to the end of the next request's head.
HEAD_SECONDS: Final = 20
# Seconds that a body has from there on.
BODY_SECONDS: Final = 60
# Seconds that a client has to take the last answer before the connection is reset.
ABORT_SECONDS: Final = 2
# What is read of a body that is refused, so that a client that sends before it reads sees why.
MOST_DISCARDED: Final = 256 * 1024
# What may come with a body that is none of it: the sizes and extensions of chunks, or the next
# request in the same read.
MOST_BESIDE: Final = 256 * 1024
# What may come behind a handshake before it is answered; the rest is left to the system.
MOST_EARLY: Final = 16 * 1024
_TOO_LARGE: Final = plain_answer(
    b"413 Content Too Large", b"the body is too large, or there must be none here\n"
)
# What Twisted closes in place of a socket that was handed over.
_CLOSED: Final = socket.socket()
_CLOSED.close()


def most_body_bytes(path: bytes) -> int:
    """Return how large a body may be that is sent to a path: only the admin takes any."""
    admins = (b"/admin/", f"{conf.prefix}/admin/".encode())
    return conf.body_bytes if path.startswith(admins) else 0


class Channel(HTTPChannel):
    """One connection, until it ends or its socket is a member's."""

    abortTimeout = ABORT_SECONDS
    transport: Any
    _path: Any

    def __init__(self) -> None:
        super().__init__()
        self.address = ""
        self._most = self._taken = self._received = self._discarded = 0
        self._is_discarding = False
        self._unsent = 0
        self._early: list[bytes] | None = None  # what came behind a handshake
        self._bounds_early = False

    def connectionMade(self) -> None:
        """Count the socket until it is closed, whoever is its protocol by then."""
        super().connectionMade()
        transport = self.transport
        self.address = address = str(getattr(transport.getPeer(), "host", ""))

        def count_and_end(*args: Any) -> None:
            del transport.connectionLost
            the_sockets.closed(address)
            transport.connectionLost(*args)

        the_sockets.opened(address)
        transport.connectionLost = count_and_end

    def isSecure(self) -> bool:
        """Tell whether it is TLS that is spoken."""
        return isinstance(self.transport, TlsConnection) or bool(super().isSecure())

    # Handing over

    @property
    def can_hand_over(self) -> bool:
        """Whether there is a plain socket below: not with Twisted's own TLS."""
        return isinstance(self.transport, Connection)

    def keep_early(self) -> list[bytes]:
        """Keep what comes from now on in the list that this returns."""
        self._early = []
        return self._early

    def begin_upgrade(self) -> None:
        """Keep what comes for the member's socket, within bounds of bytes and time."""
        self.keep_early()
        self._bounds_early = True
        self.setTimeout(HEAD_SECONDS)

    def hand_over(self) -> tuple[socket.socket, bytes]:
        """Give the socket away for good; return it and what came behind the handshake.

        Twisted ends its side as if the connection were lost, and closes a closed socket.
        """
        transport, unread = self.transport, b"".join(self._early or ())
        connection: socket.socket = transport.getHandle()
        del transport.connectionLost
        transport.socket = _CLOSED
        transport.connectionLost(Failure(ConnectionDone()))
        return connection, unread

    # Bounds

    def resetTimeout(self) -> None:
        """Give nobody more time because another byte has come."""

    def timeoutConnection(self) -> None:
        """End the connection, unless the client is still taking an answer."""
        transport = self.transport
        unsent = transport._tempDataLen + len(transport.dataBuffer) - transport.offset
        if unsent and unsent != self._unsent:
            self._unsent = unsent
            self.setTimeout(HEAD_SECONDS)
            return
        is_shaking = isinstance(transport, TlsConnection) and transport.socket.is_shaking_hands
        if self.requests or self._receivedHeaderSize or is_shaking:
            the_sockets.refused["head"] += 1
        super().timeoutConnection()

    def allHeadersReceived(self) -> None:
        """Refuse a body that is said to be too large before a byte of it is stored."""
        self._most, self._taken, self._received = most_body_bytes(self._path), 0, 0
        if (self.length is None and not self._most) or (
            self.length is not None and self.length > self._most
        ):
            self._refuse_body()
        else:
            super().allHeadersReceived()
            if self.length != 0:
                self.setTimeout(BODY_SECONDS)

    def rawDataReceived(self, data: bytes) -> None:
        """Take a piece of the body, what comes behind a handshake, or what follows a refusal."""
        if self._is_discarding:
            self._discarded += len(data)
            if self._discarded > MOST_DISCARDED:
                self.transport.pauseProducing()
        elif self._early is not None:
            self._early.append(data)
            if self._bounds_early and sum(map(len, self._early)) > MOST_EARLY:
                self.transport.pauseProducing()
        else:
            self._received += len(data)
            if self._received > self._most + MOST_BESIDE:
                self._refuse_body()
            else:
                super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        """Answer the request, unless it is refused."""
        if not self._is_discarding:
            super().allContentReceived()

    def requestDone(self, request: Any) -> None:
        """Wait for the next request, no longer than for the first."""
        self._savedTimeOut = HEAD_SECONDS
        super().requestDone(request)

    def takes(self, size: int) -> bool:
        """Tell whether so many more bytes of the body may come; if not, the request is refused."""
        self._taken += size
        if self._taken > self._most and not self._is_discarding:
            self._refuse_body()
        return not self._is_discarding

    def _refuse_body(self) -> None:
        the_sockets.refused["body"] += 1
        self.refuse(_TOO_LARGE)

    def refuse(self, answer: bytes) -> None:
        """Answer, end our side, and reset the connection if the client does not end its own."""
        self._is_discarding, self._early = True, None
        self.setTimeout(None)
        self.transport.write(answer)
        self._abortingCall = self.callLater(ABORT_SECONDS, self.forceAbortClient)
        if hasattr(self.transport, "loseWriteConnection"):
            self.transport.loseWriteConnection()
