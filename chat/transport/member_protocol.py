"""Daphne's WebSocket protocol as a room of many needs it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final, Protocol

import daphne.server
from autobahn.websocket.protocol import TrafficStats
from autobahn.websocket.utf8validator import Utf8Validator
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.defer import Deferred

from chat.protocol.frames import frame
from chat.protocol.messages import SYSTEM, Action, encode

# No message from a client is assembled past this size, however long a chat may be.
MOST_ASSEMBLED: Final = 1024 * 1024
# What stands for a close frame without a code (RFC 6455 section 7.4.1).
NO_STATUS: Final = 1005

# What of a handshake nobody asks for once it is over.
_OF_THE_HANDSHAKE: Final = frozenset(
    (
        *("application_deferred", "application_queue", "clean_headers", "http_headers"),
        *("http_request_data", "http_request_host", "http_request_params", "http_request_path"),
        *("http_request_uri", "http_response_data", "http_status_line", "is_closed", "is_open"),
        *("protocol_to_accept", "root_path", "server_addr", "websocket_extensions"),
        *("websocket_extensions_in_use", "websocket_origin", "websocket_protocol_in_use"),
        *("websocket_protocols", "_raw_query_string", "_results", "_transport_details"),
        *("_valid_events", "_wskey"),
    )
)
_NEVER: Final = object()


class Told(Protocol):
    """What is told of a connection: the member's transport."""

    @property
    def is_reading(self) -> bool:
        """Whether nothing stands against taking more from this member."""

    def write(self, frames: bytes) -> int:
        """Send whole frames."""

    def hear(self, message: bytes, *, is_binary: bool) -> None:
        """Take a message that Autobahn assembled."""

    def closing(self, code: int) -> None:
        """Learn that the closing handshake begins, on either side."""

    def closed(self, code: int) -> None:
        """Learn that the connection is down."""


class MemberProtocol(WebSocketProtocol):
    """Daphne's protocol of a connection that becomes a member's.

    Autobahn copies all options and sixty first values into every connection. Here they are the
    class's or the factory's, and what is over with the handshake is let go of at `adopt`. From
    `adopt` on it tells the member's transport what Daphne would put in the application's queue.
    """

    failByDrop = False
    closeHandshakeTimeout = 0  # the transport knows whether the client still reads
    maxMessagePayloadSize = maxFramePayloadSize = MOST_ASSEMBLED

    send_state: Any = WebSocketProtocol.SEND_STATE_GROUND
    data = b""
    send_queue = ()
    autoPingPendingSeq = 0
    inside_message = triggered = closedByMe = failedByMe = droppedByMe = wasClean = False
    wasMaxFramePayloadSizeExceeded = wasMaxMessagePayloadSizeExceeded = False
    wasOpenHandshakeTimeout = wasCloseHandshakeTimeout = wasServerConnectionDropTimeout = False
    wasServingFlashSocketPolicyFile = False
    current_frame: Any = None
    openHandshakeTimeoutCall: Any = None
    autoPingTimeoutCall: Any = None
    closeHandshakeTimeoutCall = autoPingPendingCall = None
    autoPingPending = autoPingPendingSent = trackedTimings = wasNotCleanReason = None
    localCloseCode = localCloseReason = remoteCloseCode = remoteCloseReason = None
    _perMessageCompress = None
    trafficStats: Any = TrafficStats()  # type: ignore[no-untyped-call] # of all, read by nobody

    member_transport: Told | None = None

    def __getattr__(self, name: str) -> Any:
        """Look up an option, which all connections share."""
        if name in WebSocketProtocol.CONFIG_ATTRS:
            return getattr(self.factory, name)
        raise AttributeError(name)

    def _connectionMade(self) -> None:
        """Begin as Autobahn does, without copies."""
        self.state = self.STATE_CONNECTING
        self.factory.countConnections += 1
        self.openHandshakeTimeoutCall = self.factory._batched_timer.call_later(
            self.openHandshakeTimeout, self.onOpenHandshakeTimeout
        )

    def adopt(self, transport: Told) -> None:
        """Tell `transport` what comes from here on, and let go of the handshake."""
        for name in ("headers", "params", "protocols", "extensions"):
            setattr(self.request, name, None)
        self.__dict__ = {
            name: value
            for name, value in vars(self).items()
            if name not in _OF_THE_HANDSHAKE and value is not getattr(MemberProtocol, name, _NEVER)
        } | {"member_transport": transport}

    @cached_property
    def utf8validator(self) -> Any:
        """What checks text on Autobahn's way."""
        return Utf8Validator()  # type: ignore[no-untyped-call]

    @cached_property
    def is_closed(self) -> Deferred[Any]:
        """What Autobahn tells of the end."""
        return Deferred()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Hand on a message that Autobahn assembled."""
        if self.member_transport is None:
            super().onMessage(payload, isBinary)
        else:
            self.member_transport.hear(payload, is_binary=isBinary)

    def sendCloseFrame(
        self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False
    ) -> None:
        """Tell the room at once, not when the last byte is out and the connection down."""
        was_open = self.state == self.STATE_OPEN
        super().sendCloseFrame(code, reasonUtf8, isReply)
        if was_open and self.member_transport is not None:
            self.member_transport.closing((self.remoteCloseCode if isReply else code) or NO_STATUS)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        """Tell that the connection is down."""
        super().onClose(wasClean, code, reason)
        if self.member_transport is not None:
            self.member_transport.closed(code)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Send a control frame the way that the room's frames go, so that each knows what waits."""
        if self.member_transport is None or self.state != self.STATE_OPEN:
            super().sendData(data, sync, chopsize)
        else:
            self.member_transport.write(data)

    def _fail_connection(self, code: int, reason: str) -> None:
        """Say what was wrong before Autobahn closes for a violation of RFC 6455."""
        if self.member_transport is not None:
            self.member_transport.write(frame(encode(SYSTEM, Action.ERROR, reason)))
        super()._fail_connection(code, reason)

    def _sendAutoPing(self) -> None:
        """Ping unless an answer is due: Autobahn would forget the first ping, not its time-out."""
        is_reading = self.member_transport is None or self.member_transport.is_reading
        if is_reading and self.autoPingTimeoutCall is None:
            super()._sendAutoPing()


class MemberFactory(WebSocketFactory):
    """Makes them for Daphne."""

    protocol = MemberProtocol


# However Daphne was started, it looks here for its factory when it begins to listen.
daphne.server.WebSocketFactory = MemberFactory
