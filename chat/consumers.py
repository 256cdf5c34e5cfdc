from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from chat.door.visitor import read_visitor
from chat.protocol.messages import (
    SYSTEM,
    Action,
    ProtocolError,
    binary_message,
    close_code,
    encode,
    parse_chat,
)
from chat.room.background import run_in_background
from chat.room.layer import ROOM
from chat.room.member import Member
from chat.transport.base import SOCKET
from chat.transport.channel_queue import GATE
from chat.transport.deny import deny

if TYPE_CHECKING:
    from chat.protocol.messages import CloseCode
    from chat.room.layer import RoomLayer
    from chat.serving.assembly import Parts
    from chat.transport.base import Transport

logger = logging.getLogger(__name__)


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One connection: joins the room's group, sends its member's chats to it, leaves it.

    If the server offers the member's socket (the ASGI extension `wschat.socket`), the group writes
    to that socket, and the socket calls `receive_message` and `ended`. Under every other server the
    group's messages come through the channel, as in any consumer.
    """

    channel_layer: RoomLayer  # type: ignore[assignment]
    scope: Any

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self.member: Member | None = None

    async def connect(self) -> None:
        """Accept and join the group, unless the handshake or the visitor is refused."""
        visitor = read_visitor(self.scope)
        await self._parts.relay.start()
        denial = self._parts.deny(self.scope["headers"], visitor)
        if denial is not None:
            await deny(self.scope, self.base_send, denial.status, denial.reason)
            return
        await self.accept()
        refusal = self._parts.door.refuse(visitor, self._parts.relay.online)
        if refusal is not None:
            await self.send(encode(SYSTEM, Action.ERROR, refusal.reason).decode())
            await self.close(refusal.code.code, refusal.code.meaning)
            return
        _, _, member_id = self.channel_name.partition("!")
        self.member = Member(member_id, self._transport(), visitor, self)
        self.channel_layer.register(self.channel_name, self.member)
        await self.channel_layer.group_add(ROOM, self.channel_name)

    def chat(self, contents: str) -> None:
        """Send a chat to everyone: every message of every member passes here, however it came.

        Override it to filter or log messages. It must not wait: use `run_in_background` for that.
        """
        if self.member is not None:
            self._parts.room.chat(self.member, contents)

    async def disconnect(self, code: int) -> None:
        """Leave the group: the connection is closing or lost."""
        member, self.member = self.member, None
        if member is not None:
            member.close_code = code
        await self.channel_layer.group_discard(ROOM, self.channel_name)

    # Messages from the member

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any
    ) -> None:
        """Take a message in its time; stock Channels raises for binary ones and empty texts."""
        if not self._may_take(text_data):
            return
        try:
            await self.receive_json(await self.decode_json(text_data))
        except ProtocolError as error:
            self._expel(error.close, str(error))

    async def decode_json(self, text_data: str | None) -> str:  # type: ignore[override]
        """Return the contents of a chat message; ProtocolError if it is not one."""
        return self._parse(text_data)

    async def receive_json(self, content: str, **_: Any) -> None:
        """Hand on the contents of a chat message."""
        self.chat(content)

    def receive_message(self, text: str | bytes | None) -> None:
        """Take a message from the member's own socket; None if it was binary."""
        if self._may_take(text):
            self.take(text)

    def receive_violation(self, code: int, reason: str) -> None:
        """Close with an error: the client violated RFC 6455, or a bound of the member's socket."""
        self._expel(close_code(code), reason)

    def take(self, text: str | bytes | None) -> None:
        """Take a message whose time has come; a bad one costs its sender the connection."""
        try:
            self.chat(self._parse(text))
        except ProtocolError as error:
            self._expel(error.close, str(error))
        except Exception:
            logger.exception("a message failed")
            if self.member is not None:
                self._parts.room.fail(self.member)

    def ended(self, code: int) -> None:
        """Leave: the member's own socket is closing or lost."""
        run_in_background(self.disconnect(code))

    def _may_take(self, text: str | bytes | None) -> bool:
        """Return whether a message may be taken now; if only its time has not come, it is kept."""
        member = self.member
        return member is not None and member.in_room and self._parts.pacer.admits(member, text)

    def _expel(self, code: CloseCode, reason: str) -> None:
        if self.member is not None:
            self._parts.room.expel(self.member, code, reason)

    def _parse(self, text: str | bytes | None) -> str:
        if text is None:
            raise binary_message()
        if self.member is not None:
            self.member.bytes += len(text if isinstance(text, bytes) else text.encode())
        return parse_chat(text, self._parts.settings.message_bytes)

    # Events of the group, under servers that keep the member's socket

    async def room_messages(self, event: Any) -> None:
        """Send what the group was sent."""
        send: Any = self.base_send  # `self.send` would take two coroutines more
        try:
            for text in event["messages"]:
                await send({"type": "websocket.send", "text": text})
        except Exception as error:
            # Servers differ in what they raise if the client is gone.
            logger.debug("a client is gone: %r", error)
            raise StopConsumer from error

    async def room_close(self, event: Any) -> None:
        """Close: the room is done with this member."""
        await self.close(event["code"], event["reason"])

    async def dispatch(self, message: Any) -> None:
        """Call the handler without Channels' thread hop per event: no handler uses the ORM."""
        await getattr(self, get_handler_name(message))(message)

    def _transport(self) -> Transport:
        extensions = self.scope.get("extensions", {})
        socket: Transport | None = extensions.get(SOCKET)
        if socket is not None:
            return socket
        queue = self.channel_layer.queue(self.channel_name)
        queue.gate = extensions.get(GATE)
        return queue
