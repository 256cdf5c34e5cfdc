"""What a stranger may send before it is anybody: Twisted's HTTP side, with bounds.

Twisted takes a body of any size, to memory or disk, before Daphne asks anybody, and gives a head as
long as a byte of it comes now and then.
"""

from __future__ import annotations

from typing import Any, Final

import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet import tcp
from twisted.internet.protocol import Protocol
from twisted.web.http import HTTPChannel

from chat.config.conf import conf
from chat.transport.plain_answer import plain_answer
from chat.transport.reserve import Reserve
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

_REFUSAL: Final = plain_answer(
    b"413 Content Too Large", b"the body is too large, or there must be none here\n"
)


def most_body_bytes(path: bytes) -> int:
    """Return how large a body may be that is sent to a path: only the admin takes any."""
    admins = (b"/admin/", f"{conf.prefix}/admin/".encode())
    return conf.body_bytes if path.startswith(admins) else 0


class Request(WebRequest):
    """One request; hands over only so much of its body as may be."""

    def handleContentChunk(self, data: bytes) -> None:
        """Keep a piece of the body, unless it is too much."""
        if self.channel.takes(len(data)):
            super().handleContentChunk(data)


class Channel(HTTPChannel):
    """One connection, until it becomes a WebSocket or ends."""

    abortTimeout = ABORT_SECONDS
    transport: Any
    _path: Any
    _networkProducer: Any

    def __init__(self) -> None:
        super().__init__()
        self._most = self._taken = self._received = self._discarded = 0
        self._is_refused = False
        self._unsent = 0

    def connectionMade(self) -> None:
        """Count the socket until it is closed, whoever is its protocol by then."""
        super().connectionMade()
        transport, peer = self.transport, str(getattr(self.transport.getPeer(), "host", ""))

        def count_and_end(*args: Any) -> None:
            del transport.connectionLost
            the_sockets.closed(peer)
            transport.connectionLost(*args)

        the_sockets.opened(peer)
        transport.connectionLost = count_and_end

    def isSecure(self) -> bool:
        """Tell whether it is TLS that is spoken."""
        return isinstance(self.transport, TlsConnection) or bool(super().isSecure())

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
            self._refuse()
        else:
            super().allHeadersReceived()
            if self.length != 0:
                self.setTimeout(BODY_SECONDS)

    def rawDataReceived(self, data: bytes) -> None:
        """Take a piece of the body, or what is left of one that is refused."""
        if self._is_refused:
            self._discarded += len(data)
            if self._discarded > MOST_DISCARDED:
                self._networkProducer.pauseProducing()
            return
        self._received += len(data)
        if self._received > self._most + MOST_BESIDE:
            self._refuse()
        else:
            super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        """Answer the request, unless it is refused."""
        if not self._is_refused:
            super().allContentReceived()

    def requestDone(self, request: Any) -> None:
        """Wait for the next request, no longer than for the first."""
        self._savedTimeOut = HEAD_SECONDS
        super().requestDone(request)

    def takes(self, size: int) -> bool:
        """Tell whether so many more bytes of the body may come; if not, the request is refused."""
        self._taken += size
        if self._taken > self._most and not self._is_refused:
            self._refuse()
        return not self._is_refused

    def _refuse(self) -> None:
        """Say 413, end our side, and reset the connection where the client does not end its own."""
        self._is_refused = True
        the_sockets.refused["body"] += 1
        self.setTimeout(None)
        self.transport.write(_REFUSAL)
        self._abortingCall = self.callLater(ABORT_SECONDS, self.forceAbortClient)
        if hasattr(self.transport, "loseWriteConnection"):
            self.transport.loseWriteConnection()


class Refused(Protocol):
    """A connection that is one too many. Twisted's TLS cannot take None for a protocol."""

    transport: Any

    def connectionMade(self) -> None:
        """Close it."""
        self.transport.loseConnection()


class ChannelFactory(HTTPFactory):
    """Makes a channel for every connection that is not one too many from its address."""

    protocol = Channel

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.timeOut = HEAD_SECONDS

    def buildProtocol(self, addr: Any) -> Channel | Refused:
        """Return the channel of a connection, or what closes it at once."""
        if not the_sockets.may_open(str(getattr(addr, "host", ""))):
            return Refused()
        channel: Channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel


tcp._reservedFD = Reserve()  # type: ignore[assignment]
# However Daphne was started, it looks here for its factory when it begins to listen.
daphne.server.HTTPFactory = ChannelFactory
