from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from chat.protocol.frames import end_of_first
from chat.protocol.messages import ABNORMAL, chat_opening

if TYPE_CHECKING:
    from chat.door.visitor import Visitor
    from chat.transport.base import Transport


class Consumer(Protocol):
    """What the room calls of a member's consumer."""

    def take(self, text: str | bytes | None) -> None:
        """Take a message whose time has come; None if it was binary."""

    async def dispatch(self, message: Any) -> None:
        """Handle an event of the channel layer."""


class Member:
    """One connection in the room: its id, its transport, its consumer.

    `opening` is what its chats begin with, as JSON.
    `in_room` is true from the moment the join is announced until the leave is, `has_left` from then
    on. Times are in seconds since 1970; `messages` and `bytes` count what the member sent.
    `preface` is what it gets right behind its own connect; `free_at` is the pacer's; `pauses`
    counts reasons not to read from it; `close_code` is that of its connection's end, if known.
    """

    __slots__ = (
        "bytes",
        "close_code",
        "consumer",
        "free_at",
        "has_left",
        "id",
        "in_room",
        "joined_at",
        "last_seen",
        "messages",
        "opening",
        "pauses",
        "preface",
        "transport",
        "visitor",
    )

    def __init__(
        self, member_id: str, transport: Transport, visitor: Visitor, consumer: Consumer
    ) -> None:
        self.id = member_id
        self.consumer = consumer
        self.close_code = ABNORMAL.code
        self.opening = chat_opening(self.id)
        self.transport = transport
        self.visitor = visitor
        self.in_room = self.has_left = False
        self.joined_at = self.last_seen = time.time()
        self.messages = 0
        self.bytes = 0
        self.free_at = 0.0
        self.preface = b""
        self.pauses = 0

    def own_part(self, batch: bytes, offset: int) -> bytes:
        """Return what a newcomer gets of a batch: from its own connect on, its preface behind it.

        `offset` is that of its own connect, in bytes; the preface is used up.
        """
        preface, self.preface = self.preface, b""
        if not preface:
            return batch[offset:]
        end = end_of_first(batch, offset)
        return batch[offset:end] + preface + batch[end:]

    def pause(self) -> None:
        """Do not read from it, for one more reason."""
        self.pauses += 1
        self.transport.pause_reading()

    def resume(self) -> None:
        """Read from it again, unless there is another reason not to."""
        self.pauses -= 1
        if not self.pauses:
            self.transport.resume_reading()
