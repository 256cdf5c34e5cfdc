from __future__ import annotations

from ipaddress import ip_network

import pytest

from chat.door.bans import BanList, BannedNetwork


def ban(network: str, reason: str = "", until: float | None = None) -> BannedNetwork:
    return BannedNetwork(ip_network(network), reason, until)


BANS = BanList(
    [
        ban("192.0.2.7/32", "spam"),
        ban("198.51.100.0/24"),
        ban("2001:db8:1:2::/64"),
        ban("203.0.113.0/24", until=1000.0),
        ban("203.0.113.9/32", until=3000.0),
    ]
)


@pytest.mark.parametrize(
    ("address", "is_banned"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("192.0.2.8", False),
        ("198.51.100.200", True),
        ("198.51.101.1", False),
        ("2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:3::1", False),
        ("203.0.113.1", False),
        ("203.0.113.9", True),
        ("not an address", False),
        ("", False),
    ],
)
def test_find(address: str, is_banned: bool) -> None:
    """Somebody banned would come in, or somebody innocent would be kept out."""
    assert (BANS.find(address, now=2000.0) is not None) is is_banned


def test_ends_at_its_end() -> None:
    """Somebody who was told until when would be refused at that time."""
    assert BANS.find("203.0.113.9", now=2999.0) is not None
    assert BANS.find("203.0.113.9", now=3000.0) is None


def test_reason_is_told() -> None:
    """Whoever is refused would not learn why."""
    found = BANS.find("192.0.2.7", now=0.0)
    assert found is not None
    assert found.refusal == "banned: spam"
    assert ban("192.0.2.7/32").refusal == "banned"
