from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

EVENT: Final = "room.batch"


class Outbox:
    """What this process has to tell the room and has not published yet, in order.

    A batch is one event of the channel layer: `frames`, whole text frames ready for every socket;
    `joins` and `leaves`, the ids of members whose notices are among them, joins with the offset in
    bytes at which the notice begins; `controls`, orders to all processes, kind and payload each;
    `count`, the number of frames, and `at`, when it was taken, in seconds since 1970.

    `taps` are shown the frames of each batch, and their number, when it is taken.
    """

    def __init__(self) -> None:
        self.size = 0
        self.taps: list[Callable[[bytes, int], None]] = []
        self._clear()

    def __bool__(self) -> bool:
        return bool(self._frames or self._controls)

    def add(self, framed: bytes) -> None:
        """Add a message, framed."""
        self._frames.append(framed)
        self.size += len(framed)

    def add_join(self, member_id: str, framed: bytes) -> None:
        """Add the notice that somebody came."""
        self._joins.append((self.size, member_id))
        self.add(framed)

    def add_leave(self, member_id: str, framed: bytes) -> None:
        """Add the notice that somebody went."""
        self._leaves.append(member_id)
        self.add(framed)

    def add_control(self, kind: str, payload: dict[str, Any]) -> None:
        """Add an order to all processes; a process that does not know its kind skips it."""
        self._controls.append((kind, payload))

    def take(self) -> dict[str, Any]:
        """Return all of it as one event, and begin anew."""
        frames = b"".join(self._frames)
        event: dict[str, Any] = {
            "type": EVENT,
            "at": time.time(),
            "count": len(self._frames),
            "frames": frames,
            "joins": self._joins,
            "leaves": self._leaves,
            "controls": self._controls,
        }
        self._clear()
        for tap in self.taps:
            tap(frames, event["count"])
        return event

    def _clear(self) -> None:
        self._frames: list[bytes] = []
        self._joins: list[tuple[int, str]] = []
        self._leaves: list[str] = []
        self._controls: list[tuple[str, dict[str, Any]]] = []
        self.size = 0
