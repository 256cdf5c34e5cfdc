"""What the recorder writes, as it stood at the moment of the event."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from chat.config.process import this_process
from chat.models import Connection
from chat.models.server_process import moment
from chat.room.history import chat_payloads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat.room.member import Member


class ConnectionRow(NamedTuple):
    """One connection; `left` is None while it is in the room.

    Times are in seconds since 1970, by this process's clock.
    """

    member: str
    address: str
    user_agent: str
    origin: str
    joined: float
    left: float | None
    code: int | None
    reason: str
    messages: int
    bytes: int
    last_seen: float
    backlog: int

    def as_model(self, ahead: float) -> Connection:
        """Return the row for a database whose clock is so many seconds ahead of the process's."""
        values = self._asdict()
        for name in ("joined", "last_seen"):
            values[name] = moment(values[name] + ahead)
        if self.left is not None:
            values["left"] = moment(self.left + ahead)
        values["reason"] = self.reason[:300]
        return Connection(process=this_process().id, **values)


class MessageRow(msgspec.Struct, gc=False):
    """One chat; `timestamp` is in whole seconds since 1970."""

    sender: str
    contents: str
    timestamp: int


_decode = msgspec.json.Decoder(MessageRow).decode


def connection_row(
    member: Member, *, code: int | None = None, reason: str = "", has_left: bool = False
) -> ConnectionRow:
    """Return the member's row as it stands now."""
    visitor = member.visitor
    return ConnectionRow(
        member=member.id,
        address=visitor.address[:60],
        user_agent=visitor.user_agent,
        origin=visitor.origin,
        joined=member.joined_at,
        left=time.time() if has_left else None,
        code=code,
        reason=reason,
        messages=member.messages,
        bytes=member.bytes,
        last_seen=member.last_seen,
        backlog=0 if has_left else member.transport.backlog,
    )


def message_rows(frames: bytes) -> Iterator[MessageRow]:
    """Return a row for each chat among frames."""
    return map(_decode, chat_payloads(frames))
