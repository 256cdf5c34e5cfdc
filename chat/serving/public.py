"""Limits for a server that strangers reach, where its operator has set none."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from chat.config.conf import conf
from chat.transport.sockets import most_sockets, the_sockets

if TYPE_CHECKING:
    from chat.config.address import Address
    from chat.serving.assembly import Parts

# A person meets none of them, nor does an office behind one address.
RATE: Final = 10.0
BURST: Final = 60
MAX_PER_ADDRESS: Final = 200
CONNECTS_PER_MINUTE: Final = 600


def is_public(address: Address) -> bool:
    """Tell whether others than this machine reach an address to listen on."""
    if address.host == "localhost":
        return False
    try:
        return not ip_address(address.host).is_loopback
    except ValueError:  # all interfaces, or a name
        return True


def guard(parts: Parts) -> str:
    """Put the limits on that no setting mentions; return a line that says which."""
    told = []
    if not _is_set("RATE"):
        burst = conf.burst if _is_set("BURST") else BURST
        parts.steering.set_pace(RATE, burst)
        told.append(f"WSCHAT_RATE={RATE:g} WSCHAT_BURST={burst}")
    if not _is_set("MAX_PER_ADDRESS"):
        parts.door.max_per_address = MAX_PER_ADDRESS
        the_sockets.most_per_address = most_sockets(MAX_PER_ADDRESS)
        told.append(f"WSCHAT_MAX_PER_ADDRESS={MAX_PER_ADDRESS}")
    if not _is_set("CONNECTS_PER_MINUTE"):
        parts.door.connects_per_minute = CONNECTS_PER_MINUTE
        told.append(f"WSCHAT_CONNECTS_PER_MINUTE={CONNECTS_PER_MINUTE}")
    # A peer from a private network is most likely a proxy, and all the world is behind it.
    spares = not conf.trusted_proxies
    parts.door.spares_private = the_sockets.spares_private = spares
    return f"limits for the public: {' '.join(told)}; 0 turns one off" if told else ""


def _is_set(name: str) -> bool:
    return bool(os.environ.get(f"WSCHAT_{name}"))
