"""Daphne's fast path: ready-made frames straight to the socket, small frames straight from it.

This package is the only one that knows the inside of Daphne, Autobahn and Twisted.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from autobahn.twisted import websocket as autobahn_websocket
from autobahn.websocket import protocol as autobahn_protocol
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet import reactor as installed_reactor
from twisted.internet.tcp import Connection

from chat.frames import frame
from chat.protocol import SYSTEM, Action, encode
from chat.transport.reader import FrameReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.protocol import CloseCode

logger = logging.getLogger(__name__)
reactor: Any = installed_reactor

# One read takes at most this much, so that a hundred members that flood take turns in milliseconds.
READ_BYTES: Final = 16 * 1024
# No message from a client is assembled past this size, however long a chat may be.
MOST_ASSEMBLED: Final = 1024 * 1024
# Seconds for a client to answer our close frame, or to take what is left to send, before an abort.
CLOSE_SECONDS: Final = 2.5
# How often that time is given to a client that goes on taking what stands before the close frame.
CLOSE_CHANCES: Final = 10

# What stands for a close frame without a code (RFC 6455 section 7.4.1).
NO_STATUS: Final = 1005

_OPEN: Final = WebSocketProtocol.STATE_OPEN

# Autobahn formats its whole configuration for every connection, and colours words of its log lines
# for every frame, also when nothing logs them: 1 ms, most of what a join costs.
autobahn_protocol.pformat = repr  # type: ignore[attr-defined,assignment]
for module in (autobahn_protocol, autobahn_websocket):
    module.hltype = module.hlval = lambda value, **_: value  # type: ignore[attr-defined]


class DaphneTransport:
    """One member's socket under Daphne.

    Args:
        protocol: Daphne's WebSocket protocol, open.
        hear: gets each small text message as bytes.
        on_closing: called with the close code when the closing handshake begins, on either side.

    """

    def __init__(
        self, protocol: Any, hear: Callable[[bytes], None], on_closing: Callable[[int], None]
    ) -> None:
        self._protocol = protocol
        # A TCP connection of Twisted's, or a TLS one that passes unknown attributes on to it.
        self._connection = protocol.transport
        self._is_plain = isinstance(self._connection, Connection)
        self._on_closing = on_closing
        self._queued = 0
        self._is_paused = False
        early = self._early_bytes()
        self._configure()
        reader = FrameReader(protocol, hear)
        if self._is_plain:
            self._send = self._connection.socket.send
            self._connection.protocol = reader
            self._read_without_detour()
        else:
            self._connection.wrappedProtocol = reader
        if early:
            asyncio.get_running_loop().call_soon(reader.dataReceived, early)

    @property
    def backlog(self) -> int:
        """Bytes in Twisted's two buffers."""
        connection = self._connection
        waiting: int = connection._tempDataLen + len(connection.dataBuffer) - connection.offset
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
                sent = self._send(frames)
            except BlockingIOError:
                sent = 0
            except OSError:
                # Twisted finds out by its next read, behind what the client said before it went.
                self._read_without_detour()
                return 0
            if sent == len(frames):
                return 0
            frames = frames[sent:]
        self._queued += len(frames)
        connection.write(frames)
        return self.backlog

    def close(self, code: CloseCode, error: bytes | None = None) -> None:
        """Send the last message and the close frame; abort if no answer comes in CLOSE_SECONDS."""
        if error is not None:
            self.write(error)
        self._protocol.sendCloseFrame(code.code, code.meaning.encode())

    def close_slow(self, code: CloseCode) -> None:
        """Drop the frames that have not begun to be sent, then close.

        Where Twisted's first buffer is empty, the second may begin with the rest of a frame.
        """
        waiting = self._connection._tempDataBuffer
        del waiting[0 if self._connection.dataBuffer else 1 :]
        self._connection._tempDataLen = sum(map(len, waiting))
        self.close(code)

    def abort(self) -> None:
        """Reset the connection; harmless where it is gone already."""
        self._connection.abortConnection()

    def pause_reading(self) -> None:
        """Stop reading; a pong that is waiting behind what is not read is not held against it."""
        self._is_paused = True
        self._connection.pauseProducing()
        if self._protocol.autoPingTimeoutCall is not None:
            self._protocol.autoPingTimeoutCall.cancel()
            self._protocol.autoPingTimeoutCall = None

    def resume_reading(self) -> None:
        """Go on reading."""
        if self._is_paused:
            self._is_paused = False
            self._connection.resumeProducing()
            self._read_without_detour()

    def _early_bytes(self) -> bytes:
        """Return what came in one segment with the handshake: the HTTP side still holds it."""
        http = getattr(self._connection, "producer", None)
        return b"".join(getattr(http, "_dataBuffer", ()))

    def _read_without_detour(self) -> None:
        """Have the event loop call `_read`; Twisted's own way there costs more than the read.

        Twisted still knows itself as the reader, so it stops reading as ever.
        """
        connection = self._connection
        if self._is_plain and connection in reactor._readers:
            asyncio.get_running_loop().add_reader(connection.fileno(), self._read)

    def _read(self) -> None:
        """Read once, and end the connection as Twisted does where there is a reason."""
        connection = self._connection
        try:
            why = connection.doRead()
        except Exception:
            logger.exception("reading from a connection failed")
            connection.abortConnection()
            return
        if why is not None:
            reactor._disconnectSelectable(connection, why, isRead=True)

    def _configure(self) -> None:
        """Set for this connection what only a server of ours could set for all.

        The hooks are attributes of the one protocol, so they hold however Daphne was started.
        """
        protocol, connection = self._protocol, self._connection
        connection.bufferSize = READ_BYTES
        # The HTTP side stays registered and would stop our reading whenever a backlog grows.
        connection.unregisterProducer()
        protocol.maxMessagePayloadSize = protocol.maxFramePayloadSize = MOST_ASSEMBLED
        protocol.failByDrop = False
        protocol.closeHandshakeTimeout = 0  # _wait_for_end knows whether the client still reads
        self._send_close_frame = protocol.sendCloseFrame
        self._fail_connection = protocol._fail_connection
        self._ping = protocol._sendAutoPing
        protocol.sendCloseFrame = self._close_begins
        protocol._fail_connection = self._fail
        protocol._sendAutoPing = self._ping_if_reading

    def _close_begins(
        self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False
    ) -> None:
        """Tell the room at once, not when the last byte is out and the connection down."""
        was_open = self._protocol.state == _OPEN
        self._send_close_frame(code, reasonUtf8, isReply)
        if was_open:
            self._on_closing((self._protocol.remoteCloseCode if isReply else code) or NO_STATUS)
            self.resume_reading()  # the answer may stand behind a flood
            self._wait_for_end(CLOSE_CHANCES, taken=-1)

    def _wait_for_end(self, chances: int, taken: int) -> None:
        """Abort if the connection is not down in time; a client that still takes data gets more."""
        if self._connection.disconnected:
            return
        if chances and self.taken != taken:
            loop = asyncio.get_running_loop()
            loop.call_later(CLOSE_SECONDS, self._wait_for_end, chances - 1, self.taken)
        else:
            self.abort()

    def _fail(self, code: int, reason: str) -> None:
        """Say what was wrong before Autobahn closes for a violation of RFC 6455."""
        self.write(frame(encode(SYSTEM, Action.ERROR, reason)))
        self._fail_connection(code, reason)

    def _ping_if_reading(self) -> None:
        """Ping unless an answer is due: Autobahn would forget the first ping, not its time-out."""
        if not self._is_paused and self._protocol.autoPingTimeoutCall is None:
            self._ping()
