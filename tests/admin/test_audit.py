"""The audit trail tells who did what, from where, and how it was before."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from chat.models import Ban, Switches

if TYPE_CHECKING:
    from django.test import AsyncClient, Client

pytestmark = pytest.mark.django_db

TRAIL = "/admin/admin/logentry/"


def last() -> LogEntry:
    return LogEntry.objects.latest("id")


def test_old_and_new_values(admin_client: Client) -> None:
    """Nobody could tell what the switches were before somebody touched them."""
    Switches.objects.get_or_create(id=1)
    path = "/admin/chat/switches/1/change/"
    admin_client.post(path, {"slow_mode": "20", "lockdown": "on"})
    told = last().change_message
    assert told == "Changed slow mode: 0 → 20; lockdown: off → on."
    assert told in admin_client.get(TRAIL).content.decode()


def test_what_was_added_and_deleted(admin_client: Client) -> None:
    """A ban that was taken back would be gone without a trace of why it was there."""
    ban = {"network": "203.0.113.5", "reason": "spam", "confirmed": "yes"}
    admin_client.post("/admin/chat/ban/add/", ban)
    assert last().change_message == "Added address or network: 203.0.113.5/32; reason: spam."
    admin_client.post(f"/admin/chat/ban/{Ban.objects.get().pk}/delete/", {"post": "yes"})
    assert last().change_message == "It was: network: 203.0.113.5/32; reason: spam; until: none."


def test_own_password(admin_client: Client) -> None:
    """After a login by a thief nobody could tell that the password is another one now."""
    new = {"new_password1": "only for this test", "new_password2": "only for this test"}
    path = "/admin/password_change/"
    before = LogEntry.objects.count()
    assert admin_client.post(path, {"old_password": "wrong", **new}).status_code == 200
    assert LogEntry.objects.count() == before
    assert admin_client.post(path, {"old_password": "password", **new}).status_code == 302
    assert last().change_message == "Changed their own password."
    assert last().object_repr == "admin"


def test_accounts(admin_client: Client) -> None:
    """A right that somebody was given would be told, a password never."""
    passwords = {"password1": "only for this test", "password2": "only for this test"}
    new = {"username": "vera", "usable_password": "true", **passwords}
    admin_client.post("/admin/auth/user/add/", new)
    vera = User.objects.get(username="vera")
    values = {"username": "vera", "is_staff": "on", "is_active": "on"}
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    admin_client.post(f"/admin/auth/user/{vera.pk}/change/", {**values, **joined})
    assert "staff status: off → on" in last().change_message
    admin_client.post(f"/admin/auth/user/{vera.pk}/password/", new)
    admin_client.post(f"/admin/auth/user/{vera.pk}/delete/", {"post": "yes"})
    told = " ".join(LogEntry.objects.values_list("change_message", flat=True))
    assert "only for this test" not in told
    assert vera.password not in told
    assert "pbkdf2" not in told
    assert "md5$" not in told


def test_address_and_logins(client: Client, admin_user: User) -> None:
    """After a stolen password nobody could tell what the thief did, and from where."""
    there: Any = {"REMOTE_ADDR": "203.0.113.9"}
    client.post("/admin/login/", {"username": "admin", "password": "password"}, **there)
    assert last().change_message == "Logged in."
    client.post("/admin/chat/announcement/add/", {"text": "hi"}, **there)
    client.post("/admin/logout/", **there)
    assert last().change_message == "Logged out."
    assert set(LogEntry.objects.values_list("origin__address", flat=True)) == {"203.0.113.9"}
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"{TRAIL}?q=203.0.113.9").content.decode()
    assert page.count('class="field-address">203.0.113.9<') == 3
    assert client.get(f"{TRAIL}?logins=only").content.decode().count('field-message">Logged') == 3
    assert "Logged in." not in client.get(f"{TRAIL}?logins=none").content.decode()


def test_entries_of_old_versions(admin_client: Client, admin_user: User) -> None:
    """After an upgrade the trail of the past could not be read."""
    LogEntry.objects.create(
        user=admin_user,
        object_repr="x",
        action_flag=2,
        change_message='[{"changed": {"fields": ["Lockdown"]}}]',
    )
    assert "Changed Lockdown." in admin_client.get(TRAIL).content.decode()


@pytest.mark.django_db(transaction=True)
async def test_export(async_client: AsyncClient, admin_user: User) -> None:
    """What an auditor asks for would have to be copied from the screen."""
    await async_client.aforce_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    await async_client.post("/admin/chat/announcement/add/", {"text": "hi"})
    response = await async_client.get(f"{TRAIL}export/?logins=none")
    text = "".join([piece.decode() async for piece in response])  # type: ignore[attr-defined]
    head, *rows = list(csv.reader(io.StringIO(text)))
    assert head[1:4] == ["user__username", "origin__address", "action_flag"]
    added = next(row for row in rows if row[4] == "announcement")
    assert added[1:4] == ["admin", "127.0.0.1", "Addition"]
    assert added[6] == "Added text: hi."
