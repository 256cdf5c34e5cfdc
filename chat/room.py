"""The one room: who joins and leaves, what is said, and the one order that everybody sees.

Nothing is delivered on the side: what a member of this process says goes out through the channel
layer and comes back through it, so every process hands out the same batches in the same order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers

from chat import protocol
from chat.conf import conf
from chat.door import Door
from chat.fanout import Fanout
from chat.frames import frame
from chat.history import History
from chat.member import Member
from chat.outbox import Outbox
from chat.pacing import Pacer
from chat.protocol import SYSTEM, Action, CloseCode, ProtocolError
from chat.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from channels.layers import BaseChannelLayer

    from chat.conf import Conf
    from chat.meter import Meter
    from chat.transport.base import Transport
    from chat.visitor import Visitor

    Order = Callable[[dict[str, Any]], None]

# What the last notices may take to get out when the process stops.
FLUSH_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)

# Least seconds between two portions of the connections that a stop closes.
DRAIN_STEP: Final = 0.05
# A stop takes no longer than this for each member: a few of them may well come back at once.
DRAIN_MEMBER: Final = 0.02


class Observer:
    """Is told who comes and goes in this process; each method returns at once."""

    def joined(self, member: Member) -> None:
        """Somebody came in."""

    def left(self, member: Member, code: int, reason: str) -> None:
        """Somebody went, with this close code (1006 where there was none) and our reason if any."""


class Room:
    """One process's part of the room.

    A member is known from `join` on; it is written to from the moment its own connect comes back
    through the channel layer.

    `observers` are told of joins and leaves. `orders` maps a kind of control to what carries it
    out; a kind that is not there is skipped and counted in `skipped_controls`.
    """

    def __init__(self, layer: BaseChannelLayer, settings: Conf) -> None:
        self.observers: list[Observer] = []
        self.door = Door(settings)
        self.history: History | None = None
        if settings.history:
            self.history = History(settings.history, settings.backlog_bytes // 2)
        self.orders: dict[str, Order] = {"kick": self._carry_out_kick}
        self.skipped_controls = 0
        self.is_closing = False
        self._settings = settings
        self._pacer: Pacer | None = None
        self._message_bytes = settings.message_bytes
        self._outbox_bytes = settings.outbox_bytes
        self._outbox = Outbox()
        relay_class = getattr(layer, "relay_class", Relay)
        self._relay: Relay = relay_class(layer, self._outbox, self)
        self._fanout = Fanout(
            backlog_bytes=settings.backlog_bytes,
            stall_seconds=settings.stall_seconds,
            on_slow=self._disconnect_slow,
            on_flushed=self._flushed,
        )
        self._members: dict[str, Member] = {}
        self._joining: dict[str, Member] = {}
        self._paused: dict[Member, None] = {}
        self.set_slow_mode(0)

    @property
    def online(self) -> int:
        """Members of the room in all processes, the ones just joining included."""
        return self._relay.online

    @property
    def fault(self) -> str:
        """Why the room cannot be relied on at the moment; empty if it can."""
        return self._relay.fault

    @property
    def members(self) -> Iterable[Member]:
        """The members of this process."""
        return self._members.values()

    @property
    def member_ids(self) -> list[str]:
        """The ids of the members of this process."""
        return list(self._members)

    @property
    def meter(self) -> Meter | None:
        """What is told how the room runs, if anything is."""
        return self._relay.meter

    @meter.setter
    def meter(self, meter: Meter) -> None:
        self._relay.meter = meter

    @property
    def paused(self) -> int:
        """Members that are not read from because the room is full, or they are too fast."""
        return len(self._paused) + (len(self._pacer) if self._pacer is not None else 0)

    @property
    def behind(self) -> int:
        """Members that have not taken all that was written to them."""
        return self._fanout.behind

    @property
    def paced(self) -> int:
        """How often a member was faster than its pace."""
        return self._pacer.paced if self._pacer is not None else 0

    @property
    def is_full(self) -> bool:
        """Whether so much waits to be published or handed out that reading has to pause."""
        return self.outbox_bytes > self._outbox_bytes

    @property
    def outbox_bytes(self) -> int:
        """Bytes that wait to be published or handed out."""
        return self._outbox.size + self._relay.in_flight + self._fanout.pending_bytes

    @property
    def layer_errors(self) -> int:
        """How often the channel layer did not take a batch."""
        return self._relay.errors

    @property
    def rest(self) -> float:
        """Seconds until a batch would be handed out at once."""
        return self._fanout.rest

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be handed out that receiving has to pause, too."""
        return self._fanout.pending_bytes > self._outbox_bytes

    @property
    def skipped_events(self) -> int:
        """How many events of the channel layer were of a kind that is not known here."""
        return self._relay.skipped

    async def start(self) -> None:
        """Take part in the room, or let `fault` tell why not; only the first call does it."""
        await self._relay.start()

    async def stop(self) -> None:
        """Take part no longer, after what is left to say is said, if that can be done soon."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._relay.flush(), FLUSH_SECONDS)
        self._fanout.stop()
        await self._relay.stop()

    def join(self, transport: Transport, visitor: Visitor) -> Member:
        """Bring somebody in: the connect is announced, and the member hears all from then on."""
        member = Member(transport, visitor)
        member.in_room = True
        self._members[member.id] = member
        self._joining[member.id] = member
        notice = frame(protocol.encode(SYSTEM, Action.CONNECT, member.id))
        self._outbox.add_join(member.id, notice)
        self._relay.wake()
        self.door.entered(visitor)
        for observer in self.observers:
            observer.joined(member)
        return member

    def leave(self, member: Member, code: int, reason: str = "") -> None:
        """Take a member out and announce it; harmless if it is out already.

        `code` is the close code of the connection, 1006 where it ended without one; `reason` is
        what the member was told, if the leaving was not its own idea.
        """
        if not member.in_room:
            return
        member.in_room = False
        del self._members[member.id]
        self._joining.pop(member.id, None)
        self._paused.pop(member, None)
        if self._pacer is not None:
            self._pacer.forget(member)
        self._fanout.remove(member)
        notice = frame(protocol.encode(SYSTEM, Action.DISCONNECT, member.id))
        self._outbox.add_leave(member.id, notice)
        self._relay.wake()
        self.door.went(member.visitor)
        for observer in self.observers:
            observer.left(member, code, reason)

    def say(self, member: Member, text: str | bytes) -> None:
        """Take one message from a member; a bad one costs it the connection."""
        if self._pacer is None or self._pacer.admits(member, text):
            self._take(member, text)

    def _take(self, member: Member, text: str | bytes) -> None:
        if not member.in_room:
            return
        try:
            contents = protocol.parse_chat(text, self._message_bytes)
        except ProtocolError as error:
            self.expel(member, error.close, str(error))
            return
        member.messages += 1
        member.bytes += len(text)
        member.last_seen = now = time.time()
        self._outbox.add(frame(protocol.encode(member.id, Action.CHAT, contents, int(now))))
        self._relay.wake()
        if self.is_full:
            self._paused[member] = None
            member.transport.pause_reading()

    def refuse_binary(self, member: Member) -> None:
        """Disconnect a member that sent a binary message."""
        error = protocol.binary_message()
        self.expel(member, error.close, str(error))

    def expel(self, member: Member, code: CloseCode, reason: str) -> None:
        """Disconnect a member after an `error` that says why, and announce that it left."""
        self.leave(member, code.code, reason)
        error = frame(protocol.encode(SYSTEM, Action.ERROR, reason))
        member.transport.close(code, error)

    def announce(self, text: str) -> None:
        """Say something to everybody in the name of the system."""
        self._outbox.add(frame(protocol.encode(SYSTEM, Action.CHAT, text)))
        self._relay.wake()

    def order(self, kind: str, **payload: Any) -> None:
        """Have every process, this one among them, carry out the order of that kind."""
        self._outbox.add_control(kind, payload)
        self._relay.wake()

    def tap(self, tap: Callable[[bytes, int], None]) -> None:
        """Show, from now on, each batch of this process's own frames and their number."""
        self._outbox.taps.append(tap)

    def kick(self, member_id: str, code: CloseCode, reason: str) -> None:
        """Disconnect a member, whichever process it is in."""
        self.order("kick", member=member_id, code=code.code, reason=reason)

    def set_slow_mode(self, per_minute: int) -> None:
        """Let each member say at most so many messages a minute; 0: as many as the settings say."""
        rate, burst = self._settings.rate, self._settings.burst
        is_dry_run = "rate" in self._settings.dry_run
        if per_minute and (is_dry_run or not rate or per_minute / 60 < rate):
            rate, burst, is_dry_run = per_minute / 60, 1, False
        if rate:
            self._pacer = self._pacer or Pacer(self._take, self._resume)
            self._pacer.set_pace(rate, burst, is_dry_run=is_dry_run)
        elif self._pacer is not None:
            pacer, self._pacer = self._pacer, None
            pacer.release_all()

    async def drain(self, code: CloseCode, seconds: float) -> None:
        """Let nobody else in, and close the members of this process, evenly over so many seconds.

        All of them at once would all come back at once.
        """
        self.is_closing = True
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + min(seconds, len(self._members) * DRAIN_MEMBER)
        while self._members and (left := ends_at - loop.time()) > 0:
            wait = max(left / len(self._members), DRAIN_STEP)
            count = ceil(len(self._members) * wait / left)
            for member in list(self._members.values())[:count]:
                self._close_member(member, code)
            await asyncio.sleep(min(wait, left) if self._members else 0)
        self.close(code)

    def close(self, code: CloseCode) -> None:
        """Let nobody else in, and close every member of this process."""
        self.is_closing = True
        self._close_members(code)

    def turn_out(self) -> None:
        """Close every member of this process, to come back: here, or where the room is whole."""
        self._close_members(protocol.TRY_LATER)

    def published(self) -> None:
        """Read again from members that had to wait, if there is space."""
        if self._paused and not self.is_full:
            paused, self._paused = self._paused, {}
            for member in paused:
                self._resume(member)

    def deliver(self, batch: dict[str, Any]) -> None:
        """Hand out the next batch of the room's order, and carry out the orders in it."""
        joining = self._joining
        joins = [(offset, joining.pop(id_)) for offset, id_ in batch["joins"] if id_ in joining]
        if batch["frames"]:
            if self.history is not None:
                self._recall(batch["frames"], joins, self.history)
            if self.meter is not None:
                waited = max(0.0, time.time() - batch["at"])
                members = len(self._fanout.members) + len(joins)
                self.meter.delivered(batch["count"], members, waited)
            self._fanout.deliver(batch["frames"], joins)
        for kind, payload in batch["controls"]:
            if kind in self.orders:
                self._carry_out(kind, payload)
            else:
                self.skipped_controls += 1

    def _carry_out(self, kind: str, payload: dict[str, Any]) -> None:
        """Carry out one order; a fault in it must not end the receiving of batches."""
        try:
            self.orders[kind](payload)
        except Exception:
            logger.exception("an order to %s failed", kind)

    @staticmethod
    def _recall(frames: bytes, joins: list[tuple[int, Member]], history: History) -> None:
        """Give each newcomer that asked the chats before its own connect, and remember these."""
        for offset, member in joins:
            member.preface = history.last(member.visitor.history, frames[:offset])
        history.add(frames)

    def _carry_out_kick(self, payload: dict[str, Any]) -> None:
        member = self._members.get(payload["member"])
        if member is not None:
            self.expel(member, protocol.close_code(payload["code"]), payload["reason"])

    def _flushed(self, size: int, seconds: float) -> None:
        if self.meter is not None:
            self.meter.flushed(size, len(self._fanout.members), seconds)
        self.published()

    def _close_members(self, code: CloseCode) -> None:
        for member in list(self._members.values()):
            self._close_member(member, code)

    def _close_member(self, member: Member, code: CloseCode) -> None:
        self.leave(member, code.code, code.meaning)
        member.transport.close(code)

    def _resume(self, member: Member) -> None:
        """Go on reading, unless there is another reason not to."""
        if member not in self._paused and (self._pacer is None or member not in self._pacer):
            member.transport.resume_reading()

    def _disconnect_slow(self, member: Member) -> None:
        self.leave(member, protocol.TOO_SLOW.code, protocol.TOO_SLOW.meaning)
        member.transport.close_slow(protocol.TOO_SLOW)


@cache
def the_room() -> Room:
    """Return this process's room."""
    return Room(channel_layers[DEFAULT_CHANNEL_LAYER], conf)
