from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chat.transport.base import take_nothing
from chat.transport.send_buffer import SendBuffer
from chat.transport.tls import TlsSocket

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from chat.transport.pages import Pages


class SendingSocket:
    """The sending side of a member's socket: straight to the system while nothing waits.

    `send` is the socket's own while the socket is open and has taken all, so that the fan-out
    makes one call for each member; otherwise it takes nothing.
    """

    __slots__ = (
        *("_buffer", "_is_broken", "_is_open", "_number", "_queued", "_shares_pages", "_socket"),
        "send",
    )

    def __init__(self, connection: socket.socket) -> None:
        self.send: Callable[[bytes], int] = take_nothing  # until a write finds that nothing waits
        self._socket = connection
        # The loop would keep the socket object, and its descriptor past `close`.
        self._number = connection.fileno()
        self._shares_pages = not isinstance(connection, TlsSocket)
        self._buffer: SendBuffer | None = None
        self._queued = 0
        self._is_open = True  # no close frame was sent
        self._is_broken = False  # the system takes nothing more

    @property
    def backlog(self) -> int:
        """Bytes that wait for the socket to take more."""
        return self._buffer.size if self._buffer is not None else 0

    @property
    def taken(self) -> int:
        """Bytes of what had to wait that the socket took."""
        return self._queued - self.backlog

    def write(self, frames: bytes) -> int:
        """Send frames, or queue them behind what waits; return the backlog."""
        return self._write(frames) if self._is_open else 0

    def send_backlog(self) -> None:
        """Send as much of the backlog as the system takes now."""
        if self._buffer is not None:
            self._buffer.send()

    def send_pages(self, pages: Pages) -> int:
        """Have the socket take pages, if nothing waits and it is not TLS."""
        if self.send is take_nothing or not self._shares_pages:
            return 0
        return os.sendfile(self._number, pages.number, 0, pages.size)

    def _write(self, data: bytes) -> int:
        if self._is_broken:
            return 0
        if self._buffer is None:
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._sending_failed()
                return 0
            if sent == len(data):
                self.send = self._socket.send if self._is_open else take_nothing
                return 0
            data = data[sent:]
            self._buffer = SendBuffer(self._socket, self._sent_all, self._sending_failed)
        self.send = take_nothing
        self._queued += len(data)
        self._buffer.put(data)
        return self._buffer.size

    def _sent_all(self) -> None:
        self._buffer = None
        self.send = self._socket.send if self._is_open else take_nothing

    def _sending_failed(self) -> None:
        """Send nothing more."""
        self._buffer, self._is_broken, self.send = None, True, take_nothing
