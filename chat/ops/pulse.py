from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from chat.config.process import this_process
from chat.models import Connection, Minute, ServerProcess
from chat.models.clock import database_now
from chat.models.server_process import BEAT_SECONDS
from chat.protocol.messages import ABNORMAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat.ops.tally import Tally
    from chat.room.room import Room

# Seconds between two looks for processes that ended without a word.
BURY_EVERY: Final = 5.0
ENDED: Final = "its server process ended"


class Waiting(Protocol):
    """What a process tells of its recorder."""

    @property
    def waiting(self) -> int:
        """Rows not written yet."""

    @property
    def dropped(self) -> int:
        """Rows that could not be kept."""


class Pulse:
    """Tells all who read the database that this process is alive, and what it has done."""

    def __init__(
        self,
        room: Room,
        tally: Tally,
        recorder: Waiting,
        problems: Callable[[], Mapping[str, str]],
    ) -> None:
        self._room = room
        self._tally = tally
        self._recorder = recorder
        self._problems = problems
        self._beat_at = -BEAT_SECONDS
        self._buried_at = -BURY_EVERY
        self._counted: tuple[int, int, int, int] | None = None

    def beat(self) -> None:
        """Write the process's row and the minute's counts, if it is time."""
        now = time.monotonic()
        if now - self._beat_at < BEAT_SECONDS:
            return
        self._write()
        self._beat_at = now
        if now - self._buried_at >= BURY_EVERY:
            self._bury()
            self._buried_at = now

    def end(self) -> None:
        """Write that the process stops."""
        self._write()
        ServerProcess.objects.filter(id=this_process().id).update(stopped=Now())

    def _write(self) -> None:
        process = this_process()
        changing = {
            "beat": Now(),
            "members": len(self._room.members),
            "queued": self._recorder.waiting,
            "dropped": self._recorder.dropped,
            "problem": self._problem,
        }
        with transaction.atomic():
            rows = ServerProcess.objects.filter(id=process.id)
            if not rows.filter(stopped=None).update(**changing):
                if rows.update(**changing, stopped=None):
                    self._return()
                else:
                    ServerProcess.objects.create(
                        id=process.id,
                        host=process.host,
                        pid=process.pid,
                        worker=process.worker[:60],
                        version=process.version,
                        started=Now() - timedelta(seconds=time.time() - process.started),
                        **changing,
                    )
            counted = self._count()
        self._counted = counted

    @property
    def _problem(self) -> str:
        """What keeps the process from being ready; its silence tells when it is the database."""
        return "; ".join(f"{part}: {text}" for part, text in self._problems().items())[:200]

    def _count(self) -> tuple[int, int, int, int]:
        """Add to the minute's row if there is something new; an idle process asks once a minute."""
        members, minute = len(self._room.members), int(time.time() // 60)
        counts = (self._tally.messages, self._tally.refused, members, minute)
        if counts != self._counted:
            messages, refused, *_ = self._counted or (0, 0)
            self._add(counts[0] - messages, counts[1] - refused, members)
        return counts

    @staticmethod
    def _add(messages: int, refused: int, members: int) -> None:
        """Add to the minute's row; the members in it are the most that there were at one time."""
        begin = database_now().replace(second=0, microsecond=0)
        row, is_new = Minute.objects.get_or_create(
            process=this_process().id,
            begin=begin,
            defaults={"messages": messages, "refused": refused, "members": members},
        )
        if not is_new and (messages or refused or members > row.members):
            Minute.objects.filter(id=row.id).update(
                messages=F("messages") + messages,
                refused=F("refused") + refused,
                members=max(members, row.members),
            )

    @staticmethod
    def _return() -> None:
        """Bring back those whom others took for gone while this process was silent."""
        Connection.objects.filter(process=this_process().id, reason=ENDED).update(
            left=None, code=None, reason=""
        )

    @staticmethod
    def _bury() -> None:
        """Close the connections of processes that died; whoever comes first does it."""
        for dead in ServerProcess.objects.dead().exclude(id=this_process().id):
            unnoticed = ServerProcess.objects.dead().filter(id=dead.id)
            with transaction.atomic():
                if not unnoticed.update(stopped=dead.beat):
                    continue
                Connection.objects.filter(process=dead.id, left=None).update(
                    left=dead.beat, code=ABNORMAL.code, reason=ENDED
                )
