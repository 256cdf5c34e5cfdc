"""By which Daphne makes its connections, in place of its own factory."""

from __future__ import annotations

from typing import Any

import daphne.server
from daphne.http_protocol import HTTPFactory
from twisted.internet.protocol import Protocol

from chat.transport.heartbeat import the_heartbeat
from chat.transport.http import HEAD_SECONDS, Channel
from chat.transport.request import Request
from chat.transport.sockets import the_sockets


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
        the_heartbeat.set_seconds(server.ping_interval, server.ping_timeout)

    def acceptableProtocols(self) -> list[bytes]:
        """Offer HTTP/1.1 alone to TLS clients, also where Twisted could speak HTTP/2."""
        return [b"http/1.1"]

    def buildProtocol(self, addr: Any) -> Channel | Refused:
        """Return the channel of a connection, or what closes it at once."""
        if not the_sockets.may_open(str(getattr(addr, "host", ""))):
            return Refused()
        channel: Channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel


# However Daphne was started, it looks here for its factory when it begins to listen.
daphne.server.HTTPFactory = ChannelFactory
