"""How the members of a process come to leave it: at once, or evenly over some seconds."""

from __future__ import annotations

import asyncio
from math import ceil
from typing import TYPE_CHECKING, Final

from chat.protocol.messages import TRY_LATER

if TYPE_CHECKING:
    from chat.protocol.messages import CloseCode
    from chat.room.member import Member
    from chat.room.outbox import Outbox
    from chat.room.room import Room

# Least seconds between two portions of the connections that a stop closes.
DRAIN_STEP: Final = 0.05
# A stop takes no longer than this for each member: a few of them may well come back at once.
DRAIN_MEMBER: Final = 0.02


class Closing:
    """Closes members; `is_closing` tells that nobody else is let in, from `drain` or `close` on."""

    def __init__(self, room: Room, outbox: Outbox) -> None:
        self.is_closing = False
        self._room = room
        self._outbox = outbox

    async def drain(self, code: CloseCode, seconds: float) -> None:
        """Let nobody else in, and close the members of this process, evenly over so many seconds.

        All of them at once would all come back at once.
        """
        self.is_closing = True
        members = self._room.members
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + min(seconds, len(members) * DRAIN_MEMBER)
        while members and (left := ends_at - loop.time()) > 0:
            wait = max(left / len(members), DRAIN_STEP)
            count = ceil(len(members) * wait / left)
            for member in list(members.values())[:count]:
                self._close_member(member, code)
            await asyncio.sleep(min(wait, left) if members else 0)
        self.close(code)

    def close(self, code: CloseCode) -> None:
        """Let nobody else in, and close every member of this process."""
        self.is_closing = True
        self._close_members(code)

    def turn_out(self) -> None:
        """Close every member of this process, to come back: here, or where the room is whole."""
        self._close_members(TRY_LATER)

    def abandon(self) -> None:
        """Do the same, and forget what they said that is not published."""
        self.turn_out()
        self._outbox.clear()

    def _close_members(self, code: CloseCode) -> None:
        for member in list(self._room.members.values()):
            self._close_member(member, code)

    def _close_member(self, member: Member, code: CloseCode) -> None:
        self._room.leave(member, code.code, code.meaning)
        member.transport.close(code)
