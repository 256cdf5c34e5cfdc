"""What runs beside the room in a serving process: recorder, watch, metrics."""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection as database

from chat.config.conf import conf
from chat.config.process import this_process
from chat.models import LoggedMessage
from chat.ops.connection_log import ConnectionLog
from chat.ops.metrics import Metrics
from chat.ops.recorder import Recorder
from chat.ops.tally import Tally
from chat.ops.watch import Watch
from chat.protocol.frames import frame
from chat.protocol.messages import BANNED, Action, encode
from chat.room.listener import Listener
from chat.serving.assembly import the_parts

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from chat.ops.watch import Decisions
    from chat.serving.assembly import Parts

logger = logging.getLogger(__name__)


class NotServingError(RuntimeError):
    """The room cannot be steered from a process that does not serve it."""


class Operations(Listener):
    """One process's operations; they start once, before the first connection."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.tally = Tally(parts.room, parts.door)
        self.recorder = Recorder(
            parts.room,
            self.tally,
            conf.recorder_bytes,
            keeps_messages=conf.log_messages,
            problems=lambda: self.problems,
        )
        self.watch = Watch(parts.door, self._hand_over)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._shown: Metrics | None = None
        self._slow_mode = 0
        self._starting = threading.Lock()
        self._has_started = False

    @property
    def problems(self) -> dict[str, str]:
        """What keeps this process from being ready, by part; empty if nothing does."""
        found = {
            "database": self.watch.problem,
            "layer": self.parts.relay.fault,
            "server": "draining" if self.parts.closing.is_closing else "",
        }
        return {part: problem for part, problem in found.items() if problem}

    @property
    def detail(self) -> dict[str, Any]:
        """What an operator is told of this process's health; the recorder keeps nobody out."""
        told = {**self.problems, "recorder": self.recorder.problem}
        return {
            "ready": not self.problems,
            "problems": {part: problem for part, problem in told.items() if problem},
            "process": str(this_process()),
        }

    def start(self) -> None:
        """Read what holds now, then record and watch; only the first call does something."""
        with self._starting:
            if self._has_started:
                return
            self._has_started = True
        self.parts.listeners.extend([self, self.tally, self.recorder, ConnectionLog()])
        with ThreadPoolExecutor(1) as thread:
            thread.submit(self._read_first).result()
        self.watch.start()
        self.recorder.start()
        if conf.metrics_address:
            self._shown = self.metrics()
            self._shown.serve(conf.metrics_address)
        atexit.register(self.stop)

    def metrics(self) -> Metrics:
        """Return what measures this process."""
        return Metrics(
            self.parts, self.tally, self.recorder, self.watch, detail=lambda: self.detail
        )

    def ordered(self, kind: str, payload: dict[str, Any]) -> bool:
        """Read again what was decided."""
        if kind != "reload":
            return False
        self.watch.wake()
        return True

    def stop(self) -> None:
        """Write what waits; only the first call does something."""
        self.watch.stop()
        self.recorder.stop()

    def serve_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Learn on which loop the room lives."""
        self.loop = loop
        if self._shown is not None:
            self._shown.vitals.watch(loop)

    def steer(self, action: Coroutine[Any, Any, None], seconds: float = 5.0) -> None:
        """Run a coroutine on the room's loop, from another thread, and wait for its end.

        Raises:
            NotServingError: this process serves no room.
            TimeoutError: it has not ended in time.

        """
        if self.loop is None:
            action.close()
            raise NotServingError("only a process that serves the room can do that")
        asyncio.run_coroutine_threadsafe(action, self.loop).result(seconds)

    def _read_first(self) -> None:
        self.watch.poll()
        if conf.history and conf.log_messages and not self.watch.problem:
            latest = LoggedMessage.objects.order_by("-id")[: conf.history]
            self.parts.history.add_chats(
                frame(encode(row.sender, Action.CHAT, row.contents, int(row.sent.timestamp())))
                for row in reversed(latest)
            )
        database.close()

    def _hand_over(self, decisions: Decisions) -> None:
        """Apply what was read in the room's thread; before it has a loop it has no members."""
        if self.loop is None:
            self._apply(decisions)
            return
        try:
            self.loop.call_soon_threadsafe(self._apply, decisions)
        except RuntimeError:
            logger.debug("the loop is closed: the process ends")

    def _apply(self, decisions: Decisions) -> None:
        door = self.parts.door
        has_new_bans = door.bans is not decisions.bans
        door.bans = decisions.bans
        door.is_locked = decisions.lockdown
        door.elsewhere_from = decisions.elsewhere_from
        if decisions.slow_mode != self._slow_mode:
            self._slow_mode = decisions.slow_mode
            self.parts.steering.set_slow_mode(decisions.slow_mode)
        if has_new_bans:
            self._put_out_banned()

    def _put_out_banned(self) -> None:
        door, now = self.parts.door, time.monotonic()
        for member in list(self.parts.room.members.values()):
            ban = door.bans.find(member.visitor.address, now)
            if ban is not None:
                self.parts.room.expel(member, BANNED, ban.refusal)


@cache
def the_operations() -> Operations:
    """Return this process's operations."""
    return Operations(the_parts())
