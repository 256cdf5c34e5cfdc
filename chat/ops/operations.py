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

from chat.conf import conf
from chat.frames import frame
from chat.models import LoggedMessage
from chat.ops.connection_log import ConnectionLog
from chat.ops.metrics import Metrics
from chat.ops.recorder import Recorder
from chat.ops.tally import Tally
from chat.ops.watch import Watch
from chat.protocol import BANNED, Action, encode
from chat.room import the_room

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from chat.ops.watch import Decisions
    from chat.room import Room

logger = logging.getLogger(__name__)


class NotServingError(RuntimeError):
    """The room cannot be steered from a process that does not serve it."""


class Operations:
    """One process's operations; they start once, before the first connection."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.tally = Tally(room)
        self.recorder = Recorder(room, self.tally, conf.recorder_queue)
        self.watch = Watch(conf, self._hand_over)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._slow_mode = 0
        self._starting = threading.Lock()
        self._has_started = False

    @property
    def problems(self) -> dict[str, str]:
        """What keeps this process from being ready, by part; empty if nothing does."""
        found = {
            "database": self.watch.problem,
            "layer": self.room.fault,
            "server": "draining" if self.room.is_closing else "",
        }
        return {part: problem for part, problem in found.items() if problem}

    def start(self) -> None:
        """Read what holds now, then record and watch; only the first call does something."""
        with self._starting:
            if self._has_started:
                return
            self._has_started = True
        self.room.observers += [self.tally, self.recorder, ConnectionLog()]
        self.room.orders["reload"] = lambda _: self.watch.wake()
        if conf.log_messages:
            self.room.tap(self.recorder.said)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(self._read_first).result()
        self.watch.start()
        self.recorder.start()
        if conf.metrics_address:
            Metrics(self).serve(conf.metrics_address)
        atexit.register(self.stop)

    def stop(self) -> None:
        """Write what waits; only the first call does something."""
        self.watch.stop()
        self.recorder.stop()

    def serve_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Learn on which loop the room lives."""
        self.loop = loop

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
        if self.room.history is not None and conf.log_messages and not self.watch.problem:
            latest = LoggedMessage.objects.order_by("-id")[: conf.history]
            self.room.history.add_chats(
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
        door = self.room.door
        has_new_bans = door.bans is not decisions.bans
        door.bans = decisions.bans
        door.is_locked = decisions.lockdown
        door.elsewhere_from = decisions.elsewhere_from
        if decisions.slow_mode != self._slow_mode:
            self._slow_mode = decisions.slow_mode
            self.room.set_slow_mode(decisions.slow_mode)
        if has_new_bans:
            self._put_out_banned()

    def _put_out_banned(self) -> None:
        door, now = self.room.door, time.time()
        for member in list(self.room.members):
            ban = door.bans.find(member.visitor.address, now)
            if ban is not None:
                self.room.expel(member, BANNED, ban.refusal)


@cache
def the_operations() -> Operations:
    """Return this process's operations."""
    return Operations(the_room())
