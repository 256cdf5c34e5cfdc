"""Daphne's fast path: ready-made frames straight to the socket, small frames straight from it.

This package is the only one that knows the inside of Daphne, Autobahn and Twisted.
"""

from __future__ import annotations

import asyncio
import logging
import os
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from autobahn.twisted import websocket as autobahn_websocket
from autobahn.websocket import protocol as autobahn_protocol
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet import reactor as installed_reactor
from twisted.internet.main import CONNECTION_DONE, CONNECTION_LOST
from twisted.internet.tcp import Connection
from twisted.protocols.tls import TLSMemoryBIOProtocol

import chat.transport.http  # noqa: F401 - by which Daphne then makes its connections
from chat.transport.base import take_nothing
from chat.transport.early import early_bytes, early_messages
from chat.transport.hangups import the_hangups
from chat.transport.hearer import Life
from chat.transport.reader import FrameReader
from chat.transport.tls import TlsSocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.protocol.messages import CloseCode
    from chat.transport.hearer import Hearer
    from chat.transport.member_protocol import MemberProtocol
    from chat.transport.pages import Pages

logger = logging.getLogger(__name__)
reactor: Any = installed_reactor

# One read takes at most this much, so that a hundred members that flood take turns in milliseconds.
READ_BYTES: Final = 16 * 1024
# Seconds for a client to answer our close frame, or to take what is left to send, before an abort.
CLOSE_SECONDS: Final = 2.5
# How often that time is given to a client that goes on taking what stands before the close frame.
CLOSE_CHANCES: Final = 10

# A pong that nobody asked for (RFC 6455 section 5.5.3).
BEAT: Final = b"\x8a\x00"

_OPEN: Final = WebSocketProtocol.STATE_OPEN

# Autobahn formats its whole configuration for every connection, and colours words of its log lines
# for every frame, also when nothing logs them: 1 ms, most of what a join costs.
autobahn_protocol.pformat = repr  # type: ignore[attr-defined,assignment]
for module in (autobahn_protocol, autobahn_websocket):
    module.hltype = module.hlval = lambda value, **_: value  # type: ignore[attr-defined]


class DaphneTransport:
    """One member's socket under Daphne.

    It takes the connection over from the application, whose coroutine may end: what comes goes to
    `hearer`.

    Args:
        protocol: the connection's, open.
        hearer: is told what comes, from the loop's next turn on.

    """

    __slots__ = (
        "__weakref__",
        "_connection",
        "_hearer",
        "_is_paused",
        "_is_plain",
        "_is_unpaid",
        "_life",
        "_number",
        "_protocol",
        "_queued",
        "_reader",
        "_receive",
        "_shares_pages",
        "_socket_number",
        "_socket_send",
        "_stream",
        "send",
    )

    def __init__(self, protocol: MemberProtocol, hearer: Hearer) -> None:
        self._protocol = protocol
        # A connection whose socket takes the frames as they are, or (plain Daphne, `-e ssl:…`)
        # Twisted's TLS, which hands records to the connection below it.
        self._connection = protocol.transport
        self._is_plain = isinstance(self._connection, Connection)
        self._shares_pages = False
        self._stream = self._connection if self._is_plain else self._connection.transport
        self._hearer = hearer
        self.send: Callable[[bytes], int] = take_nothing  # until a write finds that nothing waits
        self._queued = 0
        self._number: int = self._connection.fileno()
        self._is_paused = False  # by the room
        self._is_unpaid = False  # more frames came than it may send
        loop = asyncio.get_running_loop()
        for hear_early in early_messages(protocol, hearer):
            loop.call_soon(hear_early)
        unread = early_bytes(self._connection)
        self._life = Life(hearer, loop)
        protocol.server.connections[protocol]["application_instance"] = self._life
        protocol.adopt(self)
        # The HTTP side stays registered and would stop our reading whenever a backlog grows.
        self._connection.unregisterProducer()
        self._stream.bufferSize = READ_BYTES
        self._reader = FrameReader(protocol, hearer.hear, self._pause_unpaid, self._lost)
        if self._is_plain:
            self._shares_pages = not isinstance(self._connection.socket, TlsSocket)
            self._socket_number = self._connection.socket.fileno
            self._socket_send = self._connection.socket.send
            self._receive = self._connection.socket.recv
            self._connection.protocol = self._reader
            self._read_without_detour()
        else:
            self._connection.wrappedProtocol = self._reader
            # What is sent is one batch already, and has to count as waiting from now on.
            self._connection._aggregator.flush()
            self._connection.write = partial(TLSMemoryBIOProtocol.write, self._connection)
        if unread:
            loop.call_soon(self._reader.dataReceived, unread)

    @property
    def backlog(self) -> int:
        """Bytes in Twisted's two buffers."""
        stream = self._stream
        waiting: int = stream._tempDataLen + len(stream.dataBuffer) - stream.offset
        return waiting

    @property
    def taken(self) -> int:
        """Bytes that went out through Twisted's buffers so far."""
        return self._queued - self.backlog

    def write(self, frames: bytes) -> int:
        """Send to the socket where nothing waits before it, else behind what waits."""
        if self._protocol.state != _OPEN:
            return 0
        connection = self._connection
        if self._is_plain and not connection.dataBuffer and not connection._tempDataLen:
            try:
                sent = self._socket_send(frames)
            except BlockingIOError:
                sent = 0
            except OSError:
                # Twisted finds out by its next read, behind what the client said before it went.
                self._read_without_detour()
                return 0
            if sent == len(frames):
                self.send = self._socket_send
                return 0
            frames = frames[sent:]
        self.send = take_nothing
        self._queued += len(frames)
        connection.write(frames)
        return self.backlog

    def send_pages(self, pages: Pages) -> int:
        """Send to the socket where nothing waits before it; a closed socket has no number."""
        if not self._shares_pages or self.send is take_nothing:
            return 0
        return os.sendfile(self._socket_number(), pages.number, 0, pages.size)

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Send the last message and the close frame; abort if no answer comes in CLOSE_SECONDS."""
        if error is not None:
            self.write(error)
        self._protocol.sendCloseFrame(code.code, code.meaning.encode())

    def close_slow(self, code: CloseCode) -> None:
        """Drop the frames that have not begun to be sent, then close.

        Where Twisted's first buffer is empty, the second may begin with the rest of a frame.
        Records of Twisted's TLS are numbered: of those none can be left out.
        """
        if self._is_plain:
            waiting = self._connection._tempDataBuffer
            del waiting[0 if self._connection.dataBuffer else 1 :]
            self._connection._tempDataLen = sum(map(len, waiting))
        self.close(code)

    def abort(self) -> None:
        """Reset the connection; harmless where it is gone already."""
        self._connection.abortConnection()

    def pause_reading(self) -> None:
        """Stop reading, until the room has resumed it."""
        self._is_paused = True
        self._stop_reading()

    def resume_reading(self) -> None:
        """Go on reading."""
        if self._is_paused:
            self._is_paused = False
            self._go_on_reading()

    @property
    def is_reading(self) -> bool:
        """Whether nothing stands against taking more from this member."""
        return not (self._is_paused or self._is_unpaid)

    def beat(self) -> None:
        """Send a pong, where nothing waits: a client that closed its end answers with a reset."""
        if not self.backlog:
            self.write(BEAT)

    def _pause_unpaid(self, seconds: float) -> None:
        self._is_unpaid = True
        self._stop_reading()
        asyncio.get_running_loop().call_later(seconds, self._resume_unpaid)

    def _resume_unpaid(self) -> None:
        self._is_unpaid = False
        self._go_on_reading()

    def _stop_reading(self) -> None:
        """Read nothing; a pong that is waiting behind what is not read is not held against it."""
        self._connection.pauseProducing()
        the_hangups.watch(self._number, self)
        if self._protocol.autoPingTimeoutCall is not None:
            self._protocol.autoPingTimeoutCall.cancel()
            self._protocol.autoPingTimeoutCall = None

    def _go_on_reading(self) -> None:
        """Read again, unless there is another reason not to."""
        if self._connection.disconnected:
            return
        if self._reader.is_pausing and self.is_reading:
            self._reader.resume()
        if self.is_reading:
            the_hangups.unwatch(self._number)
            self._connection.resumeProducing()
            self._read_without_detour()

    def _lost(self) -> None:
        the_hangups.forget(self._number)

    def hear(self, message: bytes, *, is_binary: bool) -> None:
        """Hand on a message that Autobahn assembled."""
        self._hearer.hear(message, is_binary=is_binary)

    def closing(self, code: int) -> None:
        """Learn that the closing handshake begins, on either side."""
        self._hearer.hear_end(code)
        self.resume_reading()  # the answer may stand behind a flood
        # Who has taken all is given the time twice: once to read it, once to answer.
        taken = self.taken if self.backlog else -1
        loop = asyncio.get_running_loop()
        loop.call_later(CLOSE_SECONDS, self._wait_for_end, CLOSE_CHANCES, taken)

    def closed(self, code: int) -> None:
        """Learn that the connection is down."""
        self._hearer.hear_end(code)
        if not self._life.done():
            self._life.set_result(None)

    def _read_without_detour(self) -> None:
        """Have the event loop call `_read`; Twisted's own way there costs more than the read.

        Twisted still knows itself as the reader, so it stops reading as ever.
        """
        connection = self._connection
        if self._is_plain and connection in reactor._readers:
            asyncio.get_running_loop().add_reader(connection.fileno(), self._read)

    def _read(self) -> None:
        """Read once, and end the connection as Twisted does where there is a reason.

        It is what `doRead` does, without the way through three of Twisted's functions.

        After a reset the loop calls once and not again (serving/loop.py). What is said to the room
        is answered, and that a write failed has the rest read; after all else the loop is asked
        anew.
        """
        try:
            data = self._receive(READ_BYTES)
        except BlockingIOError:  # of TLS, a part of a record came
            self._watch_again()
            return
        except OSError:
            self._end(CONNECTION_LOST)
            return
        if not data:
            self._end(CONNECTION_DONE)
            return
        try:
            if not self._reader.take(data):
                self._watch_again()
        except Exception:
            logger.exception("reading from a connection failed")
            self.abort()

    def _watch_again(self) -> None:
        """Ask for a call where there is more to read, once this call is over."""
        asyncio.get_running_loop().call_soon(self._read_without_detour)

    def _end(self, why: Exception) -> None:
        reactor._disconnectSelectable(self._connection, why, isRead=True)

    def _wait_for_end(self, chances: int, taken: int) -> None:
        """Abort if the connection is not down in time; a client that still takes data gets more."""
        if self._connection.disconnected:
            return
        if chances and self.taken != taken:
            loop = asyncio.get_running_loop()
            loop.call_later(CLOSE_SECONDS, self._wait_for_end, chances - 1, self.taken)
        else:
            self.abort()
