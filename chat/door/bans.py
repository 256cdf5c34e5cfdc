"""The bans as a connection meets them: in memory, found without a look at each."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from chat.config.networks import read_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat.config.networks import Network


@dataclass(frozen=True, slots=True)
class BannedNetwork:
    """Addresses that may not come in; `until` is by `time.monotonic`, None for ever."""

    network: Network
    reason: str
    until: float | None

    @property
    def refusal(self) -> str:
        """What somebody from there is told."""
        return f"banned: {self.reason}" if self.reason else "banned"


class BanList:
    """All bans, by length of prefix: a look-up costs one masking for each length in use."""

    def __init__(self, bans: Iterable[BannedNetwork] = ()) -> None:
        self._ipv4: dict[int, dict[int, list[BannedNetwork]]] = {}
        self._ipv6: dict[int, dict[int, list[BannedNetwork]]] = {}
        for ban in bans:
            lengths = self._ipv4 if isinstance(ban.network, IPv4Network) else self._ipv6
            networks = lengths.setdefault(int(ban.network.netmask), {})
            networks.setdefault(int(ban.network.network_address), []).append(ban)

    def find(self, text: str, now: float) -> BannedNetwork | None:
        """Return a ban that holds for an address at a time of `time.monotonic`."""
        address = read_address(text)
        if address is None:
            return None
        lengths = self._ipv4 if isinstance(address, IPv4Address) else self._ipv6
        number = int(address)
        for mask, networks in lengths.items():
            for ban in networks.get(number & mask, ()):
                if ban.until is None or ban.until > now:
                    return ban
        return None
