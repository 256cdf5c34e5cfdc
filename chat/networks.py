"""Addresses as the server counts and bans them: an IPv4 address, or the /64 of an IPv6 one."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

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


def network_to_ban(address: Address) -> Network:
    """Return the network that a ban of this single address is for."""
    prefix = IPV6_PREFIX if isinstance(address, IPv6Address) else 32
    return ip_network((address, prefix), strict=False)
