"""What operators do to the room, in whichever process they do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat.protocol.frames import frame
from chat.protocol.messages import SYSTEM, Action, close_code, encode
from chat.room.listener import Listener

if TYPE_CHECKING:
    from chat.config.conf import Conf
    from chat.protocol.messages import CloseCode
    from chat.room.outbox import Outbox
    from chat.room.pacing import Pacer
    from chat.room.room import Room


class Steering(Listener):
    """Gives orders to all processes, and carries out those to kick somebody."""

    def __init__(self, room: Room, outbox: Outbox, pacer: Pacer, settings: Conf) -> None:
        self._room = room
        self._outbox = outbox
        self._pacer = pacer
        self._pace = settings.rate, settings.burst, "rate" in settings.dry_run
        self.set_slow_mode(0)

    def announce(self, text: str) -> None:
        """Say something to everybody in the name of the system."""
        self._outbox.add(frame(encode(SYSTEM, Action.CHAT, text)))

    def order(self, kind: str, **payload: Any) -> None:
        """Have every process, this one among them, carry out the order of that kind."""
        self._outbox.add_control(kind, payload)

    def kick(self, member_id: str, code: CloseCode, reason: str) -> None:
        """Disconnect a member, whichever process it is in."""
        self.order("kick", member=member_id, code=code.code, reason=reason)

    def ordered(self, kind: str, payload: dict[str, Any]) -> bool:
        """Kick a member of this process."""
        if kind != "kick":
            return False
        member = self._room.members.get(payload["member"])
        if member is not None:
            self._room.expel(member, close_code(payload["code"]), payload["reason"])
        return True

    def set_pace(self, rate: float, burst: int) -> None:
        """Let each member say so many messages a second, and so many at once, from now on."""
        self._pace = rate, burst, self._pace[2]
        self.set_slow_mode(self._per_minute)

    def set_slow_mode(self, per_minute: int) -> None:
        """Let each member say at most so many messages a minute; 0: as many as the settings say."""
        self._per_minute = per_minute
        rate, burst, is_dry_run = self._pace
        if per_minute and (is_dry_run or not rate or per_minute / 60 < rate):
            rate, burst, is_dry_run = per_minute / 60, 1, False
        self._pacer.set_pace(rate, burst, is_dry_run=is_dry_run)
