"""Reads small text frames straight from a TCP connection, in front of Autobahn's parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from autobahn.websocket.protocol import WebSocketProtocol

from chat.protocol.frames import frame_size, take_texts
from chat.protocol.messages import TOO_BIG
from chat.transport.allowance import FRAMES_AT_ONCE, Allowance

if TYPE_CHECKING:
    from collections.abc import Callable

# Frames of one message at most: an empty one, too, takes up memory until the last has come.
MOST_FRAMES: Final = FRAMES_AT_ONCE

_OPCODE: Final = 0x0F
_CONTINUATION: Final = 0
_CONTROL: Final = 8


class FrameReader:
    """Stands in for Daphne's WebSocket protocol as the receiver of a TCP connection's bytes.

    Whole text frames go to `hear` at once, 60 µs a message faster than through Autobahn.
    Everything else (control frames, fragments, long frames, violations) goes to Autobahn untouched,
    frame by frame as its allowance pays for it, and as long as Autobahn holds a part of a message,
    so does all that follows: nothing overtakes.

    `is_pausing` while there is something that could not be paid for.

    Args:
        protocol: Daphne's WebSocket protocol.
        hear: gets each small text message as bytes.
        pause: called with the seconds for which nothing more can be paid: nothing more is to be
            received before `resume` is called.
        on_lost: called when the connection is gone.

    """

    __slots__ = (
        *("_allowance", "_frames", "_hear", "_on_lost", "_owed", "_pause", "_protocol", "_rest"),
        "is_pausing",
    )

    def __init__(
        self,
        protocol: Any,
        hear: Callable[[bytes], None],
        pause: Callable[[float], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._protocol = protocol
        self._hear = hear
        self._pause = pause
        self._on_lost = on_lost
        self._rest = b""
        self._allowance = Allowance()
        self.is_pausing = False
        self._owed = 0  # bytes to come of a frame that is paid for
        self._frames = 0  # of the message under way

    def dataReceived(self, data: bytes) -> None:
        """Take what was received on the connection (Twisted's IProtocol)."""
        self.take(data)

    def take(self, data: bytes) -> bool:
        """Take what was received; tell whether it was texts and nothing else."""
        protocol = self._protocol
        if self._rest:
            data, self._rest = self._rest + data, b""
        while data:
            if not self._owed and self._is_between_messages():
                texts, used, rest_may_be_text = take_texts(data)
                for text in texts:
                    self._hear(text)
                if used == len(data):
                    return True
                data = data[used:]
                if rest_may_be_text and protocol.state == WebSocketProtocol.STATE_OPEN:
                    self._rest = data
                    return False
            if not self._owed and not self._buy(data):
                self._rest = data
                return False
            piece, data = data[: self._owed], data[self._owed :]
            self._owed -= len(piece)
            protocol.dataReceived(piece)
        return False

    def resume(self) -> None:
        """Go on with what could not be paid for."""
        self.is_pausing = False
        self.take(b"")

    def connectionLost(self, reason: Any) -> None:
        """Pass on that the connection is gone (Twisted's IProtocol)."""
        self._on_lost()
        self._protocol.connectionLost(reason)

    def logPrefix(self) -> str:
        """Name this connection in Twisted's log (Twisted's ILoggingContext)."""
        return "wschat"

    def _buy(self, data: bytes) -> bool:
        """Pay for the frame that `data` begins with; tell whether that was possible."""
        size = frame_size(data)
        if self.is_pausing or not size:
            return False
        wait = self._allowance.take()
        if wait:
            self.is_pausing = True
            self._pause(wait)
            return False
        self._owed = size
        opcode = data[0] & _OPCODE
        if opcode < _CONTROL:
            self._frames = self._frames + 1 if opcode == _CONTINUATION else 1
            if self._frames == MOST_FRAMES + 1:
                reason = f"message in more than {MOST_FRAMES} frames"
                self._protocol._fail_connection(TOO_BIG.code, reason)
        return True

    def _is_between_messages(self) -> bool:
        protocol = self._protocol
        return (
            not protocol.data
            and protocol.current_frame is None
            and not protocol.inside_message
            and protocol.state == WebSocketProtocol.STATE_OPEN
        )
