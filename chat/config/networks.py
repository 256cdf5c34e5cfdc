"""Addresses as the server counts and bans them: an IPv4 address, or the /64 of an IPv6 one."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# A provider gives a customer at least this much, so one address of it says nothing.
IPV6_PREFIX: Final = 64


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address | None:
    """Return the address, an IPv4 one where it is mapped into IPv6, without zone; None if none."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=4096)
def neighbourhood(text: str) -> str:
    """Return what limits count an address as; text that is no address counts as itself."""
    address = read_address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address) if address is not None else text


def is_among(address: Address, networks: Iterable[Network]) -> bool:
    """Tell whether an address is of one of the networks."""
    return any(address in network for network in networks)


def joined(networks: Collection[Network]) -> list[Network]:
    """Return the fewest networks with the same addresses: two halves are one whole."""
    ipv4 = [each for each in networks if isinstance(each, IPv4Network)]
    ipv6 = [each for each in networks if isinstance(each, IPv6Network)]
    return [*collapse_addresses(ipv4), *collapse_addresses(ipv6)]


def is_private(text: str) -> bool:
    """Tell whether an address is of a private network or of this machine; text is not."""
    address = read_address(text)
    return address is not None and address.is_private


def network_to_ban(address: Address) -> Network:
    """Return the network that a ban of this single address is for."""
    prefix = IPV6_PREFIX if isinstance(address, IPv6Address) else 32
    return ip_network((address, prefix), strict=False)


def read_networks(text: str) -> tuple[Network, ...]:
    """Read networks separated by commas; ValueError says what was got and what is expected."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(
            f"got {text!r}, expected networks separated by commas, such as 10.0.0.0/8, "
            "without host bits"
        ) from None
