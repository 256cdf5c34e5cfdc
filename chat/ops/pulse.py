from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chat.models import Connection, Minute, ServerProcess
from chat.models.server_process import BEAT_SECONDS, moment
from chat.process import this_process
from chat.protocol import ABNORMAL

if TYPE_CHECKING:
    from chat.ops.tally import Tally
    from chat.room import Room

# Seconds between two looks for processes that ended without a word.
BURY_EVERY: Final = 5.0


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

    def __init__(self, room: Room, tally: Tally, recorder: Waiting) -> None:
        self._room = room
        self._tally = tally
        self._recorder = recorder
        self._beat_at = -BEAT_SECONDS
        self._buried_at = -BURY_EVERY
        self._messages = 0

    def beat(self) -> None:
        """Write the process's row and the minute's messages, if it is time."""
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
        ServerProcess.objects.filter(id=this_process().id).update(stopped=timezone.now())

    def _write(self) -> None:
        process = this_process()
        changing = {
            "beat": timezone.now(),
            "members": len(self._room.member_ids),
            "queued": self._recorder.waiting,
            "dropped": self._recorder.dropped,
        }
        with transaction.atomic():
            if not ServerProcess.objects.filter(id=process.id).update(**changing):
                ServerProcess.objects.create(
                    id=process.id,
                    host=process.host,
                    pid=process.pid,
                    worker=process.worker[:60],
                    version=process.version,
                    started=moment(process.started),
                    **changing,
                )
            messages = self._tally.messages
            self._count(messages - self._messages)
        self._messages = messages

    @staticmethod
    def _count(messages: int) -> None:
        if messages <= 0:
            return
        begin = timezone.now().replace(second=0, microsecond=0)
        row, is_new = Minute.objects.get_or_create(
            process=this_process().id, begin=begin, defaults={"messages": messages}
        )
        if not is_new:
            Minute.objects.filter(id=row.id).update(messages=F("messages") + messages)

    @staticmethod
    def _bury() -> None:
        """Close the connections of processes that died; whoever comes first does it."""
        for dead in ServerProcess.objects.dead().exclude(id=this_process().id):
            unnoticed = ServerProcess.objects.filter(id=dead.id, stopped=None, beat=dead.beat)
            with transaction.atomic():
                if not unnoticed.update(stopped=dead.beat):
                    continue
                Connection.objects.filter(process=dead.id, left=None).update(
                    left=dead.beat, code=ABNORMAL.code, reason="its server process ended"
                )
