from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat.transport.base import Transport


class Member:
    """Somebody in the room: an id that the server gave, and the socket behind it.

    `in_room` is true from the moment the join is announced until the leave is.
    """

    __slots__ = ("id", "in_room", "transport")

    def __init__(self, transport: Transport) -> None:
        self.id = str(uuid.uuid4())
        self.transport = transport
        self.in_room = False
