"""The one room: who joins and leaves, what is said, and the one order that everybody sees.

Nothing is delivered on the side: what a member of this process says goes out through the channel
layer and comes back through it, so every process hands out the same batches in the same order.
"""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers

from chat import protocol
from chat.conf import conf
from chat.fanout import Fanout
from chat.frames import frame
from chat.member import Member
from chat.protocol import SYSTEM, Action, CloseCode, ProtocolError

if TYPE_CHECKING:
    from channels.layers import BaseChannelLayer

    from chat.conf import Conf
    from chat.transport.base import Transport

GROUP: Final = "room"
EVENT: Final = "room.batch"
# Group memberships of some layers end after a day; renewing one costs next to nothing.
RENEW_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 0.5

logger = logging.getLogger(__name__)


class Room:
    """One process's part of the room.

    A member is known from `join` on; it is written to from the moment its own connect comes back
    through the channel layer. `say` puts a message in the outbox; one publish is in flight at a
    time, and what arrives meanwhile goes out with the next.
    """

    def __init__(self, layer: BaseChannelLayer, settings: Conf) -> None:
        self._layer = layer
        self._message_bytes = settings.message_bytes
        self._outbox_bytes = settings.outbox_bytes
        self._fanout = Fanout(
            backlog_bytes=settings.backlog_bytes,
            stall_seconds=settings.stall_seconds,
            on_slow=self._disconnect_slow,
            on_flushed=self._flushed,
        )
        self._members: dict[str, Member] = {}
        self._joining: dict[str, Member] = {}
        self._outbox: list[bytes] = []
        self._outbox_joins: list[tuple[int, str]] = []
        self._outbox_size = 0
        self._in_flight = 0
        self._filled = asyncio.Event()
        self._paused: dict[Member, None] = {}
        self._started: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.is_closing = False

    @property
    def online(self) -> int:
        """Members of this process, the ones just joining included."""
        return len(self._members)

    @property
    def is_full(self) -> bool:
        """Whether so much waits to be published or handed out that reading has to pause."""
        waiting = self._outbox_size + self._in_flight + self._fanout.pending_bytes
        return waiting > self._outbox_bytes

    async def start(self) -> None:
        """Join the group once, however many connections come first at the same moment."""
        if self._started is None:
            self._started = asyncio.create_task(self._subscribe())
        await asyncio.shield(self._started)

    def join(self, transport: Transport) -> Member:
        """Bring somebody in: the connect is announced, and the member hears all from then on."""
        member = Member(transport)
        member.in_room = True
        self._members[member.id] = member
        self._joining[member.id] = member
        self._outbox_joins.append((self._outbox_size, member.id))
        self._post(protocol.encode(SYSTEM, Action.CONNECT, member.id))
        return member

    def leave(self, member: Member) -> None:
        """Take a member out and announce it; harmless if it is out already."""
        if not member.in_room:
            return
        member.in_room = False
        del self._members[member.id]
        self._joining.pop(member.id, None)
        self._paused.pop(member, None)
        self._fanout.remove(member)
        self._post(protocol.encode(SYSTEM, Action.DISCONNECT, member.id))

    def say(self, member: Member, text: str | bytes) -> None:
        """Take one message from a member; a bad one costs it the connection."""
        if not member.in_room:
            return
        try:
            contents = protocol.parse_chat(text, self._message_bytes)
        except ProtocolError as error:
            self.expel(member, error.close, str(error))
        else:
            self._post(protocol.encode(member.id, Action.CHAT, contents))
            if self.is_full:
                self._paused[member] = None
                member.transport.pause_reading()

    def refuse_binary(self, member: Member) -> None:
        """Disconnect a member that sent a binary message."""
        error = protocol.binary_message()
        self.expel(member, error.close, str(error))

    def expel(self, member: Member, code: CloseCode, reason: str) -> None:
        """Disconnect a member after an `error` that says why, and announce that it left."""
        self.leave(member)
        error = frame(protocol.encode(SYSTEM, Action.ERROR, reason))
        member.transport.close(code, error)

    def close(self, code: CloseCode) -> None:
        """Let nobody else in, and close every member of this process."""
        self.is_closing = True
        for member in list(self._members.values()):
            self.leave(member)
            member.transport.close(code)

    async def stop(self) -> None:
        """End the tasks; what is in the outbox stays there."""
        self._fanout.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _post(self, message: bytes) -> None:
        framed = frame(message)
        self._outbox.append(framed)
        self._outbox_size += len(framed)
        self._filled.set()

    async def _subscribe(self) -> None:
        channel = await self._layer.new_channel()
        await self._layer.group_add(GROUP, channel)
        self._tasks = [
            asyncio.create_task(self._receive(channel)),
            asyncio.create_task(self._publish()),
            asyncio.create_task(self._renew(channel)),
        ]

    async def _publish(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            event = {"type": EVENT, "frames": b"".join(self._outbox), "joins": self._outbox_joins}
            self._in_flight = self._outbox_size
            self._outbox, self._outbox_joins, self._outbox_size = [], [], 0
            await self._send(event)
            self._in_flight = 0
            self._resume_paused()

    async def _send(self, event: dict[str, Any]) -> None:
        while True:
            try:
                await self._layer.group_send(GROUP, event)
            except Exception:
                logger.exception("the channel layer did not take a batch, trying again")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _receive(self, channel: str) -> None:
        while True:
            event = await self._layer.receive(channel)
            joining = self._joining
            joins = [
                (offset, joining.pop(member))
                for offset, member in event["joins"]
                if member in joining
            ]
            self._fanout.deliver(event["frames"], joins)

    async def _renew(self, channel: str) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._layer.group_add(GROUP, channel)

    def _flushed(self, _size: int, _seconds: float) -> None:
        self._resume_paused()

    def _resume_paused(self) -> None:
        if self._paused and not self.is_full:
            paused, self._paused = self._paused, {}
            for member in paused:
                member.transport.resume_reading()

    def _disconnect_slow(self, member: Member) -> None:
        self.leave(member)
        member.transport.close_slow(protocol.TOO_SLOW)


@cache
def the_room() -> Room:
    """Return this process's room."""
    return Room(channel_layers[DEFAULT_CHANNEL_LAYER], conf)
