"""Members of `daphne -e ssl:…`: Twisted's TLS has no socket to give away.

They stay with Daphne's WebSocket protocol, and the consumer talks to them by plain ASGI.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from daphne.ws_protocol import WebSocketProtocol

from chat.config.conf import conf
from chat.protocol.frames import NO_STATUS
from chat.transport.frame_reader import MOST_ASSEMBLED

# Seconds from our close frame to the end of the connection.
CLOSE_SECONDS: Final = 5.0


class BoundedProtocol(WebSocketProtocol):
    """Daphne's protocol, with a bound on what waits to be sent, and with all close codes.

    Daphne's own queues without a bound, and refuses to send codes such as 1012.
    """

    failByDrop = False
    maxMessagePayloadSize = maxFramePayloadSize = MOST_ASSEMBLED

    muted: bool = False
    early: list[bytes] | None = None  # what came behind the handshake
    _waiting = 0
    _is_full = _is_down = False

    def onOpen(self) -> None:
        """Have the transport say when it is full, in place of the HTTP side."""
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)  # noqa: FBT003 - Twisted's signature
        super().onOpen()
        for data in self.early or ():
            asyncio.get_running_loop().call_soon(self.dataReceived, data)

    def sendCloseFrame(
        self,
        code: int | None = None,
        reasonUtf8: bytes | None = None,
        isReply: bool = False,
    ) -> None:
        """Tell the application as soon as the connection is closing, on either side.

        Twisted's TLS waits for the client to end the connection; this waits CLOSE_SECONDS.
        """
        super().sendCloseFrame(code, reasonUtf8, isReply)
        if not self.muted:
            ended = (self.remoteCloseCode if isReply else code) or NO_STATUS
            self.application_queue.put_nowait({"type": "websocket.disconnect", "code": ended})
            self.muted = True
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._abort)

    def connectionLost(self, reason: Any) -> None:
        """Let go of what was received: the protocol itself waits for the garbage collector."""
        self._is_down = True
        super().connectionLost(reason)
        self.data = b""
        if self.early is not None:
            self.early.clear()

    def pauseProducing(self) -> None:
        """Count from now on: the transport's buffer is full (Twisted's IPushProducer)."""
        self._is_full = True

    def resumeProducing(self) -> None:
        """Count no longer: the client has taken all."""
        self._is_full, self._waiting = False, 0

    def stopProducing(self) -> None:
        """Do nothing: the connection is down."""

    def handle_reply(self, message: Any) -> None:
        """Send what the application sends; give up a client that does not read."""
        if self.state == self.STATE_CONNECTING or message["type"] == "websocket.accept":
            super().handle_reply(message)
        elif message["type"] == "websocket.close":
            reason = message.get("reason") or ""
            self.sendCloseFrame(message.get("code") or 1000, reason.encode())
        elif self.state == self.STATE_OPEN:
            super().handle_reply(message)
            self._bound(len(message.get("bytes") or message.get("text", "").encode()))

    def _bound(self, size: int) -> None:
        self._waiting += size if self._is_full else 0
        if self._waiting > conf.backlog_bytes:
            self._abort()

    def _abort(self) -> None:
        if not self._is_down:
            self.transport.abortConnection()
