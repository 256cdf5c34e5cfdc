from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat.room.listener import Listener

EVENT: Final = "room.batch"
STEP: Final = 0.01
# Of frames in a batch: what a link of 50 kB a second still carries within the seconds that a call
# to Redis has. A frame that is longer is a batch of its own.
BATCH_BYTES: Final = 128 * 1024


class Outbox:
    """What this process has to tell the room and has not published yet, in order.

    A batch is one event of the channel layer: `frames`, whole text frames ready for every socket;
    `joins` and `leaves`, the ids of members whose notices are among them, joins with the offset in
    bytes at which the notice begins; `controls`, orders to all processes, kind and payload each;
    `count`, the number of frames, and `at`, when it was taken, in seconds since 1970.

    `size` is in bytes, as is `in_flight`, that of the batch that was taken and is not published;
    `on_filled` is called when it is no longer empty, once or twice, and when a batch was taken that
    left something.
    """

    def __init__(self, listeners: Sequence[Listener] = ()) -> None:
        self.on_filled: Callable[[], object] = lambda: None
        self.size = self.in_flight = 0
        self._last_size = 0
        self._listeners = listeners
        self.clear()

    def __bool__(self) -> bool:
        return bool(self._frames or self._controls)

    def add(self, framed: bytes) -> None:
        """Add a message, framed."""
        self._frames.append(framed)
        self.size += len(framed)
        if len(self._frames) == 1:
            self.on_filled()

    def add_join(self, member_id: str, framed: bytes) -> None:
        """Add the notice that somebody came."""
        self._joins.append((self.size, member_id))
        self.add(framed)

    def add_leave(self, member_id: str, framed: bytes) -> None:
        """Add the notice that somebody went."""
        self._leaves.append((self.size, member_id))
        self.add(framed)

    def add_control(self, kind: str, payload: dict[str, Any]) -> None:
        """Add an order to all processes; a process that does not know its kind skips it."""
        self._controls.append((kind, payload))
        if len(self._controls) == 1:
            self.on_filled()

    def take(self, most: int = BATCH_BYTES) -> dict[str, Any]:
        """Return what comes first, up to so many bytes, as one event, which is in flight then.

        What is left stays for the next one, with the orders, which come behind all that was said.
        """
        frames, joins, leaves, controls = self._frames, self._joins, self._leaves, self._controls
        rest, size = self._cut(most)
        left = self.size - size
        self.clear()
        if rest:
            frames, self._frames[:] = frames[:-rest], frames[-rest:]
            joins, self._joins[:] = _split(joins, size)
            leaves, self._leaves[:] = _split(leaves, size)
            controls, self._controls[:] = [], controls
            self.size = left
            self.on_filled()
        event: dict[str, Any] = {
            "type": EVENT,
            "at": time.time(),
            "count": len(frames),
            "frames": b"".join(frames),
            "joins": joins,
            "leaves": [member_id for _, member_id in leaves],
            "controls": controls,
        }
        self.in_flight, self._last_size, self._is_sending = size, size, True
        for listener in self._listeners:
            listener.said(event["frames"], event["count"])
        return event

    def _cut(self, most: int) -> tuple[int, int]:
        """Return how many frames are too many for one batch, and the size of the others."""
        if self.size <= most:
            return 0, self.size
        size = 0
        for number, framed in enumerate(self._frames):
            if number and size + len(framed) > most:
                return len(self._frames) - number, size
            size += len(framed)
        return 0, size

    @property
    def is_ripe(self) -> bool:
        """Whether as much waits as the last batch held."""
        return self.size >= self._last_size

    def sent(self) -> None:
        """Learn that what was taken is published."""
        self.in_flight, self._is_sending = 0, False

    async def emptied(self) -> None:
        """Wait until there is nothing to publish, and nothing in flight."""
        while self or self._is_sending:
            await asyncio.sleep(STEP)

    def clear(self) -> None:
        """Forget all of it, and what is in flight."""
        self._frames: list[bytes] = []
        self._joins: list[tuple[int, str]] = []
        self._leaves: list[tuple[int, str]] = []
        self._controls: list[tuple[str, dict[str, Any]]] = []
        self.size = self.in_flight = 0
        self._is_sending = False


def _split(
    notices: list[tuple[int, str]], size: int
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Part notices by their offsets, which begin anew behind so many bytes."""
    first = [(offset, member_id) for offset, member_id in notices if offset < size]
    return first, [(offset - size, member_id) for offset, member_id in notices[len(first) :]]
