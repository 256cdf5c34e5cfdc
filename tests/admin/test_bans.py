from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from chat.models import Ban

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

ADD = "/admin/chat/ban/add/"


def add(client: Client, network: str, **values: str) -> str:
    """Return the page that follows an attempt to ban."""
    response = client.post(ADD, {"network": network, "reason": "", **values}, follow=True)
    return response.content.decode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        (" 192.0.2.0/24 ", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:DB8::/32", "2001:db8::/32"),
    ],
)
def test_networks(admin_client: Client, given: str, kept: str) -> None:
    """A ban would hold for other addresses than the operator meant."""
    assert "was added successfully" in add(admin_client, given)
    ban = Ban.objects.get()
    assert ban.network == kept
    assert ban.made_by is not None


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("192.0.2.7/24", "which has host bits set: did you mean 192.0.2.0/24?"),
        ("0.0.0.0/0", "is everybody, you included: use lockdown to close the room"),
        ("::/0", "is everybody, you included"),
        ("example.org", "expected an address such as 192.0.2.7"),
        ("192.0.2.0/33", "expected an address such as 192.0.2.7"),
        ("fe80::1%eth0", "expected an address such as 192.0.2.7"),
        ("", "This field is required"),
    ],
)
def test_what_is_no_ban(admin_client: Client, given: str, error: str) -> None:
    """A slip of the finger would ban everybody, or end in a page of code."""
    assert error in add(admin_client, given)
    assert not Ban.objects.exists()


def test_same_network_twice(admin_client: Client) -> None:
    """Taking a ban back would leave a second one behind."""
    add(admin_client, "192.0.2.7")
    assert "this network is banned already" in add(admin_client, "192.0.2.7/32")


def test_overlap_is_said(admin_client: Client) -> None:
    """Taking back one ban would not let people in, and nobody would know why."""
    add(admin_client, "192.0.2.0/24")
    assert "overlaps other bans, which hold as well: 192.0.2.0/24" in add(admin_client, "192.0.2.7")
    assert "overlaps" not in add(admin_client, "198.51.100.7")


def test_end_in_the_past(admin_client: Client) -> None:
    """A mistyped end would make a ban that never holds."""
    past = timezone.localtime() - timedelta(hours=1)
    page = add(admin_client, "192.0.2.7", until_0=f"{past:%Y-%m-%d}", until_1=f"{past:%H:%M:%S}")
    assert "this has passed" in page
