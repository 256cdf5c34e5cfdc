"""The one way to hear what happens in this process's room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat.room.member import Member


class Listener:
    """Overrides what it wants to hear of; all methods are called on the room's loop."""

    def joined(self, member: Member) -> None:
        """Hear that somebody came in."""

    def left(self, member: Member, code: int, reason: str) -> None:
        """Hear of a leave: its close code, 1006 where there was none, and our reason if any."""

    def said(self, frames: bytes, count: int) -> None:
        """Hear what this process publishes: so many frames in a row."""

    def published(self, seconds: float) -> None:
        """Hear that the channel layer took a batch, in so much time; in memory, handed it out."""

    def delivered(self, messages: int, seconds: float) -> None:
        """Hear that so many are handed out, to all members together, seconds after they left."""

    def flushed(self, size: int, written: int, seconds: float) -> None:
        """Hear that so many bytes went to each member, so many to all of them, in so much time."""

    def ordered(self, kind: str, payload: dict[str, Any]) -> bool:
        """Carry out an order to all processes; False if it is of no kind known here."""
        return False
