"""Reads what operators and other processes decided: every two seconds, and when told to."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from django.db import connection as database
from django.db.models import Count, Max, Q

from chat.config.networks import neighbourhood
from chat.config.process import this_process
from chat.door.bans import BanList, BannedNetwork
from chat.models import Ban, Connection, Server, Switches
from chat.models.clock import database_now
from chat.ops.writer import DatabaseFile
from chat.room.life import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat.door.door import Door

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 2.0
# Seconds without an answer of the database after which the process says that it is not ready.
STALE_SECONDS: Final = 5.0
COMPLAIN_EVERY: Final = 60.0


@dataclass(frozen=True, slots=True)
class Decisions:
    """What holds for all processes, as the database has it.

    `elsewhere_from` counts the members of other processes, by neighbourhood.
    """

    bans: BanList = field(default_factory=BanList)
    slow_mode: int = 0
    lockdown: bool = False
    elsewhere_from: Mapping[str, int] = field(default_factory=dict)


class Watch:
    """A thread that polls the database and hands every answer to `apply`, there.

    A database that does not answer changes nothing: what was decided last holds.
    """

    def __init__(self, door: Door, apply: Callable[[Decisions], None]) -> None:
        self._door = door
        self._apply = apply
        self._bans = BanList()
        self._bans_mark: object = None
        self._file = DatabaseFile()
        self._answered_at = -STALE_SECONDS
        self._error = "has not answered yet"
        self._complained_at = -COMPLAIN_EVERY
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    @property
    def problem(self) -> str:
        """What is wrong with the database, "" if it answered lately."""
        if self._error:
            return self._error
        silent = time.monotonic() - self._answered_at
        return f"no answer for {silent:.0f} s" if silent > STALE_SECONDS else ""

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._is_stopping = True
        self._wake.set()

    def wake(self) -> None:
        """Poll now: somebody has decided something."""
        self._wake.set()

    def poll(self) -> None:
        """Read once."""
        try:
            self._file.check()
            decisions = self._read()
        except Exception as error:  # noqa: BLE001 - drivers raise more than Django wraps
            self._error = reason_of(error)
            database.close()
            self._complain()
            return
        self._error = ""
        self._answered_at = time.monotonic()
        self._apply(decisions)

    def _run(self) -> None:
        while not self._is_stopping:
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            self.poll()
        database.close()

    def _complain(self) -> None:
        now = time.monotonic()
        if now - self._complained_at >= COMPLAIN_EVERY:
            self._complained_at = now
            logger.warning("cannot read bans and switches: %s", self._error)

    def _read(self) -> Decisions:
        self._read_bans()
        Server.objects.remember()
        switches = Switches.objects.first() or Switches()
        return Decisions(
            bans=self._bans,
            slow_mode=switches.slow_mode,
            lockdown=switches.lockdown,
            elsewhere_from=_neighbourhoods() if self._door.max_per_address else {},
        )

    def _read_bans(self) -> None:
        """Read the bans again if one was added, changed or taken back."""
        mark = Ban.objects.aggregate(count=Count("id"), latest=Max("changed"), last=Max("id"))
        if mark == self._bans_mark:
            return
        now, here = database_now(), time.monotonic()
        active = Ban.objects.filter(Q(until=None) | Q(until__gt=now))
        self._bans = BanList(
            BannedNetwork(
                ip_network(ban.network),
                ban.reason,
                here + (ban.until - now).total_seconds() if ban.until else None,
            )
            for ban in active
        )
        self._bans_mark = mark


def _neighbourhoods() -> Counter[str]:
    counts: Counter[str] = Counter()
    others = Connection.objects.live().exclude(process=this_process().id).order_by()
    for address, count in others.values_list("address").annotate(count=Count("id")):
        counts[neighbourhood(address)] += count
    return counts
