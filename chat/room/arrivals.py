"""The way of each batch of the room's order from the relay to this process's members."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat.room.brake import Brake
    from chat.room.fanout import Fanout
    from chat.room.listener import Listener
    from chat.room.room import Room

logger = logging.getLogger(__name__)


class Arrivals:
    """Takes batches: their frames go to the room, their orders to who carries them out.

    An order of a kind that no listener knows is counted in `skipped_orders`.
    """

    def __init__(
        self, room: Room, fanout: Fanout, brake: Brake, listeners: Sequence[Listener]
    ) -> None:
        self.skipped_orders = 0
        self._room = room
        self.fanout = fanout
        self.brake = brake
        self._listeners = listeners

    def deliver(self, batch: dict[str, Any]) -> None:
        """Take the next batch of the room's order."""
        if batch["frames"]:
            waited = max(0.0, time.time() - batch["at"])
            messages = self._room.deliver(batch["frames"], batch["count"], batch["joins"])
            for listener in self._listeners:
                listener.delivered(messages, waited)
        for kind, payload in batch["controls"]:
            self._carry_out(kind, payload)

    def flushed(self, size: int, written: int, seconds: float) -> None:
        """Learn that the fan-out has space again: so many bytes went to each, so many to all."""
        for listener in self._listeners:
            listener.flushed(size, written, seconds)
        self.brake.release()

    def _carry_out(self, kind: str, payload: dict[str, Any]) -> None:
        """Carry out one order; a fault in it must not end the receiving of batches."""
        try:
            if not any(listener.ordered(kind, payload) for listener in self._listeners):
                self.skipped_orders += 1
        except Exception:
            logger.exception("an order to %s failed", kind)
