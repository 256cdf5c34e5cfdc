from __future__ import annotations

import pytest

from chat.config.networks import neighbourhood, read_address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_neighbourhood(address: str, counted: str) -> None:
    """One customer with a /64 would get past every limit by taking another address."""
    assert neighbourhood(address) == counted


@pytest.mark.parametrize("text", ["", "unknown", "1.2.3", "1.2.3.4/32", "01.2.3.4"])
def test_what_is_no_address(text: str) -> None:
    """A header with nonsense would end a handshake with an exception."""
    assert read_address(text) is None
