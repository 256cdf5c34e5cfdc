from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chat.models import Ban, Sweep

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

ADD = "/admin/chat/ban/add/"


def add(client: Client, network: str, **values: str) -> str:
    """Return the page that follows an attempt to ban."""
    response = client.post(
        ADD, {"network": network, "reason": "", "confirmed": "yes", **values}, follow=True
    )
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


@pytest.fixture
def reloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is banned whenever all processes are told to read it again."""
    noted: list[str] = []

    def note() -> None:
        noted.append(" ".join(Ban.objects.values_list("network", flat=True)))

    monkeypatch.setattr("chat.admin.bans.reload_decisions", note)
    return noted


def test_what_is_changed_or_deleted_holds_at_once(
    admin_client: Client, reloads: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    """Somebody banned by mistake would stay out until the next look, or for good."""
    with django_capture_on_commit_callbacks(execute=True):
        add(admin_client, "192.0.2.7")
    change = f"/admin/chat/ban/{Ban.objects.get().pk}"
    values = {"network": "192.0.2.8", "reason": "", "confirmed": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"{change}/change/", values)
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"{change}/delete/", {"post": "yes"})
    assert reloads == ["192.0.2.7/32", "192.0.2.8/32", ""]
    add(admin_client, "192.0.2.9")
    chosen = {"action": "delete_selected", "_selected_action": str(Ban.objects.get().pk)}
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post("/admin/chat/ban/", {**chosen, "post": "yes"})
    assert reloads[3:] == [""]


def test_an_edited_ban_stays_its_makers(admin_client: Client, admin_user: User) -> None:
    """Nobody could tell who made a ban, or undoing a sweep would take back one that was edited."""
    maker = User.objects.create_user("olga")
    sweep = Sweep.objects.create(whom="raiders", made_by=maker, members=1)
    ban = Ban.objects.create(network="192.0.2.7/32", made_by=maker, sweep=sweep)
    values = {"network": "192.0.2.0/24", "reason": "worse", "confirmed": "yes"}
    admin_client.post(f"/admin/chat/ban/{ban.pk}/change/", values)
    ban.refresh_from_db()
    assert (ban.network, ban.reason) == ("192.0.2.0/24", "worse")
    assert (ban.made_by, ban.sweep) == (maker, None)
