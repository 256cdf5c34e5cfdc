from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from chat.frames import frame
from chat.origins import is_allowed
from chat.protocol import ABNORMAL, FAILED, RESTART, SYSTEM, Action, CloseCode, encode
from chat.transport.adopt import adopt
from chat.transport.asgi import AsgiTransport
from chat.transport.refuse import refuse
from chat.visitor import read_visitor

if TYPE_CHECKING:
    from chat.conf import Conf
    from chat.member import Member
    from chat.room import Room
    from chat.visitor import Visitor

logger = logging.getLogger(__name__)


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One connection: lets it in, hands its messages to the room, takes it out again.

    It receives from the server alone, without a channel and a task of its own: the process is the
    member of the group, and the room tells its members.
    """

    def __init__(self, room: Room, conf: Conf) -> None:
        super().__init__()
        self._room = room
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
        except Exception:
            logger.exception("a connection failed")
            self._fail(FAILED)
        finally:
            self._fail(RESTART)  # the server stops: nothing else cancels a connection

    async def dispatch(self, message: Any) -> None:
        """Call the handler without Channels' thread hop: nothing here touches the database."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        """Accept and join, unless the door or the origin is against it, or it is no time for it."""
        visitor = read_visitor(self.scope)
        await self._room.start()
        status = self._refusal_of_handshake(visitor)
        if status is not None:
            await refuse(self.scope, self._send_event, status)
            return
        await self.accept()
        # On Daphne nothing is awaited from here on, so no message can come before its member.
        transport = adopt(self._send_event, self._hear, self._closing)
        if transport is None:
            return
        refusal = self._room.door.refuse(visitor, self._room.online)
        if refusal is None:
            self._member = self._room.join(transport, visitor)
        else:
            error = frame(encode(SYSTEM, Action.ERROR, refusal.reason))
            transport.close(refusal.code, error)

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
        door = self._room.door
        if self._room.is_closing or self._room.fault:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if not is_allowed(self.scope["headers"], self._conf.allowed_origins):
            door.refused["origin"] += 1
            return HTTPStatus.FORBIDDEN
        return None if door.may_knock(visitor) else HTTPStatus.TOO_MANY_REQUESTS

    def _hear(self, text: bytes) -> None:
        """Take a message straight from the socket; Twisted would log a fault to nowhere."""
        if self._member is None:
            return
        try:
            self._room.say(self._member, text)
        except Exception:
            logger.exception("a message failed")
            self._fail(FAILED)

    def _closing(self, code: int) -> None:
        if self._member is not None:
            self._room.leave(self._member, code)

    def _fail(self, code: CloseCode) -> None:
        """Take the member out of the room, if it is still in, and close its connection."""
        member, self._member = self._member, None
        if member is not None:
            self._room.leave(member, code.code)
            member.transport.close(code)
