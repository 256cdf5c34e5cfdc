"""Who may come in: asked at every connection, answered from memory."""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chat.config.networks import is_private, neighbourhood
from chat.door.bans import BanList
from chat.protocol.messages import BANNED, TRY_LATER, CloseCode
from chat.protocol.rate_limit import spend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat.config.conf import Conf
    from chat.door.visitor import Visitor

logger = logging.getLogger(__name__)

# Addresses whose handshakes are remembered before those that are free again are forgotten.
MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not let in, and the close code that says whether to come back."""

    kind: str
    code: CloseCode
    reason: str


class Door:
    """One process's door. What other processes and the operators decide is told to it.

    Attributes:
        bans: as the operators set them.
        is_locked: nobody new comes in.
        elsewhere_from: members of other processes, by neighbourhood.
        max_per_address: members at most from a neighbourhood, 0 for any number.
        connects_per_minute: new connections from one, the same.
        spares_private: these two do not bind private addresses: they may be a proxy's.
        refused: how many were sent away, by kind; `would_refuse` those that a dry run let through.

    """

    def __init__(self, settings: Conf) -> None:
        self.bans = BanList()
        self.is_locked = False
        self.elsewhere_from: Mapping[str, int] = {}
        self.refused: Counter[str] = Counter()
        self.would_refuse: Counter[str] = Counter()
        self._max_members = settings.max_members
        self.max_per_address = settings.max_per_address
        self.connects_per_minute = settings.connects_per_minute
        self.spares_private = False
        self._has_told_of_proxy = False
        self._dry_run = settings.dry_run
        self._from: Counter[str] = Counter()
        self._free_at: dict[str, float] = {}

    def may_knock(self, visitor: Visitor) -> bool:
        """Tell whether the handshake may go on: not too many from there within a minute."""
        if not self.connects_per_minute or self._is_spared(visitor):
            return True
        now = time.monotonic()
        place = neighbourhood(visitor.address)
        interval = 60 / self.connects_per_minute
        free_at, wait = spend(self._free_at.get(place, 0.0), now, interval, 60 - interval)
        if wait:
            return not self._counts("connects")
        if len(self._free_at) >= MOST_REMEMBERED:
            self._free_at = {key: at for key, at in self._free_at.items() if at > now}
        self._free_at[place] = free_at
        return True

    def refuse(self, visitor: Visitor, online: int) -> Refusal | None:
        """Return why this visitor may not come in, None if it may.

        `online` is the number of members of the room.
        """
        for refusal in (
            self._refuse_banned(visitor),
            self._refuse_locked(),
            self._refuse_over(online),
            self._refuse_crowd(visitor),
        ):
            if refusal is not None and self._counts(refusal.kind):
                return refusal
        return None

    def entered(self, visitor: Visitor) -> None:
        """Count a new member."""
        self._from[neighbourhood(visitor.address)] += 1

    def went(self, visitor: Visitor) -> None:
        """Count a member no longer."""
        place = neighbourhood(visitor.address)
        self._from[place] -= 1
        if self._from[place] <= 0:
            del self._from[place]

    def _is_spared(self, visitor: Visitor) -> bool:
        """Tell whether a visitor may be many behind a proxy that no setting names."""
        if not (self.spares_private and is_private(visitor.address)):
            return False
        if not self._has_told_of_proxy:
            self._has_told_of_proxy = True
            logger.warning(
                "somebody comes from %s, which may be a proxy: no limit per address there "
                "until WSCHAT_TRUSTED_PROXIES names the proxies",
                visitor.address,
            )
        return True

    def _counts(self, kind: str) -> bool:
        """Count a refusal; tell whether it is more than a dry run."""
        is_dry_run = kind in self._dry_run
        (self.would_refuse if is_dry_run else self.refused)[kind] += 1
        return not is_dry_run

    def _refuse_banned(self, visitor: Visitor) -> Refusal | None:
        ban = self.bans.find(visitor.address, time.monotonic())
        return None if ban is None else Refusal("banned", BANNED, ban.refusal)

    def _refuse_locked(self) -> Refusal | None:
        if not self.is_locked:
            return None
        return Refusal("lockdown", TRY_LATER, "nobody new is let in at the moment, try later")

    def _refuse_over(self, online: int) -> Refusal | None:
        most = self._max_members
        if not most or online < most:
            return None
        return Refusal("members", TRY_LATER, f"the room is full with {most} members, try later")

    def _refuse_crowd(self, visitor: Visitor) -> Refusal | None:
        most = self.max_per_address
        if not most or self._is_spared(visitor):
            return None
        place = neighbourhood(visitor.address)
        if self._from[place] + self.elsewhere_from.get(place, 0) < most:
            return None
        reason = f"{most} members are here from {place} already, try later"
        return Refusal("address", TRY_LATER, reason)
