from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from chat.door.hosts import is_served
from chat.door.origins import is_allowed
from chat.door.visitor import read_visitor
from chat.protocol.frames import frame
from chat.protocol.messages import ABNORMAL, FAILED, RESTART, SYSTEM, Action, CloseCode, encode
from chat.transport.adopt import adopt
from chat.transport.asgi import AsgiTransport
from chat.transport.daphne import DaphneTransport
from chat.transport.refuse import refuse

if TYPE_CHECKING:
    from chat.config.conf import Conf
    from chat.door.visitor import Visitor
    from chat.room.member import Member
    from chat.serving.assembly import Parts

logger = logging.getLogger(__name__)


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One connection: lets it in, hands its messages to the room, takes it out again.

    It receives from the server alone, without a channel and a task of its own: the process is the
    member of the group, and the room tells its members.
    """

    def __init__(self, parts: Parts, conf: Conf) -> None:
        super().__init__()
        self._parts = parts
        self._room = parts.room
        self._conf = conf
        self._member: Member | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Run the connection to its end (ASGI)."""
        self.scope = scope
        self.base_send = self._send_event = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            self.stop()
            raise
        except Exception:
            logger.exception("a connection failed")
            self._fail(FAILED)

    async def dispatch(self, message: Any) -> None:
        """Call the handler without Channels' thread hop: nothing here touches the database."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        """Accept and join, unless the door or the origin is against it, or it is no time for it.

        On Daphne that is all: the transport tells what comes from then on, without a task, a queue
        and this coroutine for everybody in the room.
        """
        visitor = read_visitor(self.scope)
        await self._parts.relay.start()
        status = self._refusal_of_handshake(visitor)
        if status is not None:
            await refuse(self.scope, self._send_event, status)
            return
        await self.accept()
        # On Daphne nothing is awaited from here on, so no message can come before its member.
        transport = adopt(self._send_event, self)
        if transport is None:
            return
        refusal = self._parts.door.refuse(visitor, self._parts.relay.online)
        if refusal is None:
            self._member = self._room.join(transport, visitor)
        else:
            error = frame(encode(SYSTEM, Action.ERROR, refusal.reason))
            transport.close(refusal.code, error)
        if isinstance(transport, DaphneTransport):
            del self.scope
            raise StopConsumer

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any
    ) -> None:
        """Take a message that came the ASGI way."""
        if self._member is None:
            return
        if text_data is None:
            self._room.refuse_binary(self._member)
        else:
            self._room.say(self._member, text_data)
        transport = self._member.transport
        if isinstance(transport, AsgiTransport):
            await transport.reading()

    async def websocket_disconnect(self, message: Any) -> None:
        """Leave; the connection is down."""
        member, self._member = self._member, None
        if member is not None:
            self._room.leave(member, message.get("code") or ABNORMAL.code)
            if isinstance(member.transport, AsgiTransport):
                member.transport.abort()
        raise StopConsumer

    def _refusal_of_handshake(self, visitor: Visitor) -> HTTPStatus | None:
        door = self._parts.door
        if self._parts.closing.is_closing or self._parts.relay.fault:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if not is_served(self.scope["headers"]):
            door.refused["host"] += 1
            return HTTPStatus.BAD_REQUEST
        allowed = self._conf.allowed_origins
        if not is_allowed(self.scope["headers"], allowed, is_https=self._conf.is_https):
            door.refused["origin"] += 1
            return HTTPStatus.FORBIDDEN
        return None if door.may_knock(visitor) else HTTPStatus.TOO_MANY_REQUESTS

    def hear(self, message: bytes, *, is_binary: bool = False) -> None:
        """Take a message from Daphne's transport; Twisted would log a fault to nowhere."""
        if self._member is None:
            return
        try:
            if is_binary:
                self._room.refuse_binary(self._member)
            else:
                self._room.say(self._member, message)
        except Exception:
            logger.exception("a message failed")
            self._fail(FAILED)

    def hear_end(self, code: int) -> None:
        """Leave: the connection is closing, or down."""
        if self._member is not None:
            self._room.leave(self._member, code)

    def stop(self) -> None:
        """Close the connection: the server stops, nothing else cancels it."""
        self._fail(RESTART)

    def _fail(self, code: CloseCode) -> None:
        """Take the member out of the room, if it is still in, and close its connection."""
        member, self._member = self._member, None
        if member is not None:
            self._room.leave(member, code.code)
            member.transport.close(code)
