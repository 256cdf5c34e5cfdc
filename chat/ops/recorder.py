"""Writes down who was in the room and, if wanted, what was said; the room never waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from django.db import connection as database

from chat.ops.pulse import Pulse
from chat.ops.retention import Retention
from chat.ops.rows import ConnectionRow, connection_row
from chat.ops.said import Said
from chat.ops.writer import DatabaseFile, write_connections, write_messages
from chat.room.listener import Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat.ops.tally import Tally
    from chat.room.member import Member
    from chat.room.room import Room

logger = logging.getLogger(__name__)

WRITE_EVERY: Final = 0.5
# Rows in one transaction: what a lock or a failure makes wait, or makes to be done again.
BATCH: Final = 1000
# Seconds between two looks at what members have said and not taken.
LOOK_EVERY: Final = 5.0
COMPLAIN_EVERY: Final = 60.0
# What a connection's row takes up, about: it has two headers of the client's in it.
CONNECTION_BYTES: Final = 2048
# Seconds that a stop gives the database to take what waits.
STOP_SECONDS: Final = 5.0


class Recorder(Listener):
    """Takes events in the room's thread, and writes them in its own.

    At most `most_bytes` wait while the database is slow, locked, full or gone; what comes then is
    dropped and counted.

    Attributes:
        dropped: rows that could not be kept.
        failures: attempts to write that failed; `problem` says why the last one did, "" if it went.

    """

    def __init__(
        self,
        room: Room,
        tally: Tally,
        most_bytes: int,
        *,
        keeps_messages: bool,
        problems: Callable[[], Mapping[str, str]],
    ) -> None:
        self.dropped = 0
        self.failures = 0
        self.problem = ""
        self._room = room
        self._most_bytes = most_bytes
        self._keeps_messages = keeps_messages
        self._connections: deque[ConnectionRow] = deque()
        self._changed: dict[str, ConnectionRow] = {}
        self._said = Said()
        self._counted: dict[str, tuple[int, int]] = {}
        self._looked_at = 0.0
        self._complained_at = -COMPLAIN_EVERY
        self._complained_dropped = 0
        self._file = DatabaseFile()
        self._pulse = Pulse(room, tally, self, problems)
        self._retention = Retention()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    @property
    def waiting(self) -> int:
        """Rows that are not in the database yet."""
        return len(self._connections) + len(self._changed) + self._said.rows

    @property
    def waiting_bytes(self) -> int:
        """What they take up, about."""
        rows = len(self._connections) + len(self._changed)
        return rows * CONNECTION_BYTES + self._said.size

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, as long as STOP_SECONDS allow, and end."""
        if self._stopping.is_set() or not self._thread.is_alive():
            return
        self._stopping.set()
        self._thread.join(2 * STOP_SECONDS)
        if self.waiting:
            logger.warning("%d rows were not written: %s", self.waiting, self.problem)

    def joined(self, member: Member) -> None:
        """Note a new connection."""
        self._note(connection_row(member))

    def left(self, member: Member, code: int, reason: str) -> None:
        """Note its end."""
        self._note(connection_row(member, code=code, reason=reason, has_left=True))

    def said(self, frames: bytes, count: int) -> None:
        """Note a batch of what this process has to say; it is taken apart in the other thread."""
        if not self._keeps_messages:
            return
        if self.waiting_bytes + len(frames) > self._most_bytes:
            self.dropped += count
        else:
            self._said.put(frames, count)

    def _note(self, row: ConnectionRow) -> None:
        if self.waiting_bytes >= self._most_bytes:
            self.dropped += 1
        else:
            self._connections.append(row)

    def _run(self) -> None:
        while not self._stopping.wait(WRITE_EVERY):
            self._turn(self._write, self._pulse.beat, self._retention.step)
        deadline = time.monotonic() + STOP_SECONDS
        while not self._turn(self._write, self._pulse.end) and time.monotonic() < deadline:
            time.sleep(0.2)
        database.close()

    def _turn(self, *steps: Callable[[], None]) -> bool:
        """Do one turn of the work; a fault of whatever kind ends the turn, never the thread."""
        try:
            self._file.check()
            for step in steps:
                step()
        except Exception as error:  # noqa: BLE001 - drivers raise more than Django wraps
            self.failures += 1
            self.problem = " ".join(str(error).split()) or type(error).__name__
            database.close()
        else:
            self.problem = ""
        self._complain()
        return not self.problem

    def _complain(self) -> None:
        """Log what is wrong, once a minute at most."""
        now = time.monotonic()
        is_well = not self.problem and self.dropped == self._complained_dropped
        if is_well or now - self._complained_at < COMPLAIN_EVERY:
            return
        self._complained_at = now
        self._complained_dropped = self.dropped
        reason = self.problem or "the database is too slow"
        waiting, dropped = self.waiting, self.dropped
        logger.warning("cannot record: %s; %d rows wait, %d dropped", reason, waiting, dropped)

    def _write(self) -> None:
        self._collect()
        while self._changed:
            rows = list(islice(self._changed.values(), BATCH))
            self.dropped += write_connections(rows)
            for row in rows:
                del self._changed[row.member]
        while batch := self._said.first(BATCH):
            self.dropped += write_messages(batch)
            self._retention.wrote(len(batch), sum(len(row.contents) for row in batch))
            self._said.done(len(batch))

    def _collect(self) -> None:
        """Take what the room has noted; only the last of several rows of a connection counts."""
        for _ in range(len(self._connections)):
            row = self._connections.popleft()
            self._changed[row.member] = row
            if row.left is not None:
                self._counted.pop(row.member, None)
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY and not self._stopping.is_set():
            self._looked_at = now
            self._look()

    def _look(self) -> None:
        """Bring the counts of those in the room up to date."""
        for member in list(self._room.members.values()):
            counts = (member.messages, member.transport.backlog)
            if self._counted.get(member.id, (0, 0)) != counts:
                self._counted[member.id] = counts
                self._changed[member.id] = connection_row(member)
