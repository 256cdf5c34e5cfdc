"""A request: answered by the application, or, for a handshake to the room, the end of HTTP."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any, Final

from daphne.http_protocol import WebRequest
from twisted.internet import reactor as installed_reactor
from twisted.protocols.policies import ProtocolWrapper

from chat.config.conf import conf
from chat.transport.handshake import REFUSAL_HEADERS, HandshakeError, path_of
from chat.transport.plain_answer import plain_answer
from chat.transport.twisted_tls import BoundedProtocol
from chat.transport.upgrade import Upgrade

reactor: Any = installed_reactor

# Seconds between two looks whether an earlier answer is out.
STEP: Final = 0.01


class Request(WebRequest):
    """One request; takes only so much of its body as may be, and hands over the room's sockets."""

    upgrade: Upgrade | None = None
    channel: Any
    requestHeaders: Any
    application_queue: Any

    def process(self) -> None:
        """Run the application: the room's handshakes in our way, everything else in Daphne's."""
        upgrades = self.requestHeaders.getRawHeaders(b"Upgrade", [])
        if not any(b"websocket" in value.lower() for value in upgrades):
            super().process()
        elif not path_of(self):
            self.refuse(HTTPStatus.FORBIDDEN, "no room at this path")
        elif not (self._asks_for_room() and self.channel.can_hand_over):
            self._leave_to_daphne()
        else:
            self.channel.begin_upgrade()
            self._upgrade()

    def _asks_for_room(self) -> bool:
        path = path_of(self).decode("latin-1").removeprefix(self.server.root_path)
        return path.removeprefix(conf.prefix) in {"", "/"}

    def _leave_to_daphne(self) -> None:
        """Let Daphne's protocol answer, and give it what came in one piece with the handshake."""
        transport, early = self.channel.transport, self.channel.keep_early()
        self.server.ws_factory.protocol = BoundedProtocol
        super().process()
        is_wrapped = isinstance(transport, ProtocolWrapper)
        protocol = transport.wrappedProtocol if is_wrapped else transport.protocol
        if isinstance(protocol, BoundedProtocol):
            protocol.early = early

    def _upgrade(self) -> None:
        if self.channel is None:
            return
        if self.channel.transport in reactor.getWriters():
            reactor.callLater(STEP, self._upgrade)  # an earlier answer goes before the 101
            return
        self.request_start = time.time()
        peer, host = self.channel.getPeer(), self.channel.getHost()
        if hasattr(peer, "host"):
            self.client_addr = [str(peer.host), peer.port]
            self.server_addr = [str(host.host), host.port]
        try:
            self.upgrade = Upgrade(self)
        except HandshakeError as error:
            self.refuse(error.status, str(error))
            return
        self.application_queue = self.server.create_application(self, self.upgrade.scope)
        self.application_queue.put_nowait({"type": "websocket.connect"})

    def refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer with a status and a line, and close the connection."""
        if self.channel is not None:
            head = b"%d %b" % (status, status.phrase.encode())
            answer = plain_answer(head, reason.encode() + b"\n", REFUSAL_HEADERS)
            self.channel.refuse(answer)

    def let_go(self) -> None:
        """Drop what is over: Daphne keeps requests for a second after they have ended."""
        self.transport = self.content = self.upgrade = self.application_queue = None
        self.requestHeaders = self.responseHeaders = None

    def handle_reply(self, message: Any) -> None:
        """Do what the application wants."""
        if self.upgrade is None:
            super().handle_reply(message)
        else:
            self.upgrade.handle_reply(message)

    def handle_exception(self, exception: Any) -> None:
        """Answer with a 500: the application failed."""
        if self.upgrade is None:
            super().handle_exception(exception)
        else:
            self.upgrade.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed")

    def send_disconnect(self) -> None:
        """Tell the application that the client is gone."""
        if self.upgrade is None:
            super().send_disconnect()
        else:
            self.application_queue.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def handleContentChunk(self, data: bytes) -> None:
        """Keep a piece of the body, unless it is too much."""
        if self.channel.takes(len(data)):
            super().handleContentChunk(data)
