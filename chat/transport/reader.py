"""Reads small text frames straight from a TCP connection, in front of Autobahn's parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autobahn.websocket.protocol import WebSocketProtocol

from chat.frames import take_texts

if TYPE_CHECKING:
    from collections.abc import Callable


class FrameReader:
    """Stands in for Daphne's WebSocket protocol as the receiver of a TCP connection's bytes.

    Whole text frames go to `hear` at once, 60 µs a message faster than through Autobahn and the
    application's queue. Everything else (control frames, fragments, long frames, violations) goes
    to Autobahn untouched, and as long as Autobahn or the queue holds a part of a message, so does
    all that follows: nothing overtakes.
    """

    def __init__(self, protocol: Any, hear: Callable[[bytes], None]) -> None:
        self._protocol = protocol
        self._hear = hear
        self._rest = b""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take what was received on the connection (Twisted's IProtocol)."""
        protocol = self._protocol
        if self._rest:
            data, self._rest = self._rest + data, b""
        elif not self._is_between_messages():
            protocol.dataReceived(data)
            return
        texts, used, rest_may_be_text = take_texts(data)
        for text in texts:
            self._hear(text)
        if used == len(data):
            return
        if rest_may_be_text and protocol.state == WebSocketProtocol.STATE_OPEN:
            self._rest = data[used:]
        else:
            protocol.dataReceived(data[used:])

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Pass on that the connection is gone (Twisted's IProtocol)."""
        self._protocol.connectionLost(reason)

    def logPrefix(self) -> str:  # noqa: N802 - Twisted's name
        """Name this connection in Twisted's log (Twisted's ILoggingContext)."""
        return "wschat"

    def _is_between_messages(self) -> bool:
        protocol = self._protocol
        return (
            not protocol.data
            and protocol.current_frame is None
            and not protocol.inside_message
            and protocol.state == WebSocketProtocol.STATE_OPEN
            and protocol.application_queue.empty()
        )
