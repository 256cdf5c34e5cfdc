"""A listening socket that several workers accept on, in turn.

Whoever the kernel wakes up first could take all that has come: of 200 members who came to four
workers one got 73 and another 29. A socket for each worker (SO_REUSEPORT) would leave it to chance,
be hardly faster, and reset what waits at a worker that ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from twisted.internet import reactor as installed_reactor
from twisted.internet import tcp

from chat.transport.sockets import the_sockets

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

# Seconds after which who has more takes a connection all the same: whoever has fewer may be frozen,
# or not be there yet.
PATIENCE: Final = 0.01

reactor: Any = installed_reactor


class SharedPort(tcp.Port):
    """Takes one connection a turn, and leaves it to workers that have far fewer if they want it.

    `is_ahead` is told how many this worker has, and says whether another one has far fewer.
    """

    is_ahead: Callable[[int], bool]
    _has_waited = False

    # Twisted would take as many as there are, and sets this after each turn.
    numberAccepts = property(lambda _: 1, lambda _, __: None)

    @classmethod
    def over(cls, listener: socket.socket, factory: Any, is_ahead: Callable[[int], bool]) -> Self:
        """Accept on a socket that listens already."""
        port: Self = cls._fromListeningDescriptor(
            reactor, listener.fileno(), listener.family, factory
        )
        port.is_ahead = is_ahead
        port.startListening()
        return port

    def doRead(self) -> None:
        """Take a connection, or wait a moment for who has fewer to take it."""
        if self.is_ahead(the_sockets.open) and not self._has_waited:
            self._has_waited = True
            self.stopReading()
            reactor.callLater(PATIENCE, self._look_again)
            return
        self._has_waited = False
        super().doRead()
        self.is_ahead(the_sockets.open)

    def _look_again(self) -> None:
        if self.connected and not self.disconnecting:
            self.startReading()
