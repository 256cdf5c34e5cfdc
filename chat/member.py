from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat.transport.base import Transport
    from chat.visitor import Visitor


class Member:
    """Somebody in the room: an id that the server gave, and the socket behind it.

    `in_room` is true from the moment the join is announced until the leave is. Times are in seconds
    since 1970; `messages` and `bytes` count what the member sent. `preface` is what it gets right
    behind its own connect; `free_at` is the pacer's.
    """

    __slots__ = (
        "bytes",
        "free_at",
        "id",
        "in_room",
        "joined_at",
        "last_seen",
        "messages",
        "preface",
        "transport",
        "visitor",
    )

    def __init__(self, transport: Transport, visitor: Visitor) -> None:
        self.id = str(uuid.uuid4())
        self.transport = transport
        self.visitor = visitor
        self.in_room = False
        self.joined_at = self.last_seen = time.time()
        self.messages = 0
        self.bytes = 0
        self.free_at = 0.0
        self.preface = b""
