"""Whom bans put out, told before they are made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat.config.networks import network_to_ban, read_address
from chat.door.bans import BanList, BannedNetwork
from chat.door.request_address import request_address
from chat.models import LiveMember

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest

    from chat.config.networks import Network


@dataclass(frozen=True, slots=True)
class Hits:
    """Those in the room whom bans of some networks put out.

    `online` is how many there are in the room; `own_address` is the operator's if that is among the
    banned ones, else "".
    """

    networks: Sequence[Network]
    members: Sequence[LiveMember]
    online: int
    own_address: str


def find_hits(request: HttpRequest, networks: Iterable[Network]) -> Hits:
    """Return whom bans of these networks put out."""
    wanted = list(networks)
    bans = BanList(BannedNetwork(network, "", None) for network in wanted)
    now = time.monotonic()
    everybody = list(LiveMember.objects.all())
    own = request_address(request) or ""
    return Hits(
        networks=wanted,
        members=[member for member in everybody if bans.find(member.address, now)],
        online=len(everybody),
        own_address=own if bans.find(own, now) else "",
    )


def networks_of(addresses: Iterable[str]) -> list[Network]:
    """Return the networks to ban for these addresses, each once; what is no address has none."""
    read = {read_address(address) for address in addresses} - {None}
    networks = {network_to_ban(address) for address in read if address is not None}
    return sorted(networks, key=lambda network: (network.version, network))
