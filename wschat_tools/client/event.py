from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """What happened in the room.

    Attributes:
        action: `connect`, `chat`, `disconnect` or `error`.
        sender: the id of who said it, or `system`.
        contents: what was said, who came or went, or what is wrong.
        timestamp: in seconds since 1970 by the server's clock; 0 where the server sent none.

    """

    action: str
    sender: str
    contents: str
    timestamp: int


def read_event(text: str | bytes) -> Event:
    """Read a message of the server; servers of the family leave out what is empty."""
    message = json.loads(text)
    return Event(
        action=str(message.get("action") or ""),
        sender=str(message.get("sender") or ""),
        contents=str(message.get("contents") or ""),
        timestamp=int(message.get("timestamp") or 0),
    )
