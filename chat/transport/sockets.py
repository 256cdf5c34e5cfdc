"""The open sockets of this process, from accept to the end, whatever is spoken over them."""

from __future__ import annotations

import logging
import resource
import time
from collections import Counter
from typing import Final

from chat.config.conf import conf
from chat.config.networks import is_among, is_private, neighbourhood, read_address

logger = logging.getLogger(__name__)

# Open files that are for others than strangers: the database, Redis, the page's files, the log.
SPARED_FILES: Final = 64
COMPLAIN_EVERY: Final = 60.0
# A browser opens six connections for a page, and keeps them a while.
LEAST_PER_ADDRESS: Final = 32


class Sockets:
    """Counts sockets by neighbourhood, and says which ones are too many.

    Attributes:
        open: how many there are now.
        refused: how many were closed before they became anything, by reason: `sockets` (too many
            from one address), `files` (the process may open no more), `head` (a request whose head
            did not come in time), `body` (a body that is not taken).
        spares_private: that does not bind private addresses: they may be a proxy's.
        most_per_address: sockets at most from one IPv4 address or IPv6 /64, 0 for any number.

    """

    def __init__(self) -> None:
        self.open = 0
        # With zeros, as Prometheus sees no increase in what was not there before.
        self.refused = Counter({"sockets": 0, "files": 0, "head": 0, "body": 0})
        self.most_per_address = most_sockets(conf.max_per_address)
        self.spares_private = False
        self._from: Counter[str] = Counter()
        self._complained_at = -COMPLAIN_EVERY

    def may_open(self, peer: str) -> bool:
        """Tell whether one more from there is not too many; a trusted proxy has any number."""
        if self.open + SPARED_FILES >= resource.getrlimit(resource.RLIMIT_NOFILE)[0]:
            self.ran_out()
            return False
        if not self.most_per_address or self._from[neighbourhood(peer)] < self.most_per_address:
            return True
        address = read_address(peer)
        if address is not None and is_among(address, conf.trusted_proxies):
            return True
        if self.spares_private and is_private(peer):
            return True
        self.refused["sockets"] += 1
        return False

    def opened(self, peer: str) -> None:
        """Count one more."""
        self.open += 1
        self._from[neighbourhood(peer)] += 1

    def closed(self, peer: str) -> None:
        """Count one less."""
        self.open -= 1
        place = neighbourhood(peer)
        self._from[place] -= 1
        if self._from[place] <= 0:
            del self._from[place]

    def ran_out(self) -> None:
        """Count a connection for which the process may open no file; a line a minute says so."""
        self.refused["files"] += 1
        now = time.monotonic()
        if now - self._complained_at >= COMPLAIN_EVERY:
            self._complained_at = now
            most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            logger.error(
                "no more connections: %d are open, and the process may have %d files (ulimit -n)",
                self.open,
                most,
            )


def most_sockets(max_per_address: int) -> int:
    """Return how many sockets an address may have where so many may be members, 0 for any number.

    There may be as many again that are no members: pages, handshakes, members that are leaving.
    """
    return max_per_address and max_per_address + max(max_per_address, LEAST_PER_ADDRESS)


def raise_file_limit() -> None:
    """Let this process open as many files as its soft limit can be raised to."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


the_sockets = Sockets()
