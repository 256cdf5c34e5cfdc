from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from chat.room.listener import Listener

if TYPE_CHECKING:
    from chat.room.member import Member

logger = logging.getLogger("chat.connections")


class ConnectionLog(Listener):
    """One line for a join and one for a leave, none for a message."""

    def joined(self, member: Member) -> None:
        """Log who came, and from where."""
        visitor = member.visitor
        logger.info(
            "joined %s from %s",
            member.id,
            visitor.address,
            extra={
                "event": "join",
                "member": member.id,
                "address": visitor.address,
                "origin": visitor.origin,
                "user_agent": visitor.user_agent,
            },
        )

    def left(self, member: Member, code: int, reason: str) -> None:
        """Log who went, and how."""
        logger.info(
            "left %s from %s: %s",
            member.id,
            member.visitor.address,
            code,
            extra={
                "event": "leave",
                "member": member.id,
                "address": member.visitor.address,
                "code": code,
                "reason": reason,
                "messages": member.messages,
            },
        )
