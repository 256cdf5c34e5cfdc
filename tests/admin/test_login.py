from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from chat.admin import login
from chat.models import Login
from chat.models.login import MOST_FOR_NAME, MOST_FOR_NETWORK, MOST_FOR_PAIR, MOST_ROWS

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def olga(settings: object) -> User:
    """Make an operator whose password is hashed in no time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    return User.objects.create_superuser("olga", password="right")


def log_in(client: Client, password: str, name: str = "olga", address: str = "192.0.2.1") -> int:
    form = {"username": name, "password": password}
    return client.post("/admin/login/", form, REMOTE_ADDR=address).status_code


def test_wrong_passwords_are_throttled(client: Client) -> None:
    """A password could be guessed by trying a million."""
    for _ in range(MOST_FOR_PAIR):
        assert log_in(client, "wrong") == 200
    locked = client.post(
        "/admin/login/", {"username": "Olga", "password": "right"}, REMOTE_ADDR="192.0.2.1"
    )
    assert locked.status_code == 429
    assert b"Too many wrong passwords" in locked.content
    assert locked.headers["Retry-After"] == str(15 * 60)
    assert log_in(client, "right", address="192.0.2.9") == 302


def test_passwords_are_looked_at_one_at_a_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tries from a thousand addresses would take the processor from the room and all pages."""
    monkeypatch.setattr(login, "WAIT_SECONDS", 0.05)
    with login.ONE_AT_A_TIME:
        busy = client.post("/admin/login/", {"username": "olga", "password": "right"})
        assert client.get("/admin/login/").status_code == 200
    assert busy.status_code == 503
    assert b"Try again in some seconds" in busy.content
    assert "Retry-After" in busy.headers
    assert log_in(client, "right") == 302


def test_a_locked_database_is_told_soon(client: Client) -> None:
    """A backup would hold one login after the other for six seconds."""
    assert log_in(client, "wrong") == 200
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (1000,)


def test_a_lock_ends(client: Client) -> None:
    """Who mistyped a password would never come in again."""
    for _ in range(MOST_FOR_PAIR):
        log_in(client, "wrong")
    Login.objects.update(last=timezone.now() - timedelta(minutes=14))
    assert log_in(client, "right") == 429
    Login.objects.update(last=timezone.now() - timedelta(minutes=15, seconds=1))
    assert log_in(client, "wrong") == 200
    assert Login.objects.get().failures == 1
    assert log_in(client, "right") == 302
    assert Login.objects.get().failures == 0


def test_an_ipv6_network_counts_as_one(client: Client) -> None:
    """Whoever has an IPv6 network could try from 18 billion billion addresses."""
    for number in range(MOST_FOR_PAIR):
        log_in(client, "wrong", address=f"2001:db8::{number + 1}")
    assert log_in(client, "right", address="2001:db8::ffff") == 429
    assert log_in(client, "right", address="2001:db8:0:1::1") == 302


def test_an_address_has_so_many_tries_over_all_names(client: Client) -> None:
    """One address could try the same password with every name there may be."""
    for number in range(MOST_FOR_NETWORK):
        assert log_in(client, "wrong", name=f"name{number}") == 200
    assert log_in(client, "wrong", name="another") == 429
    assert log_in(client, "right", address="192.0.2.9") == 302


def test_a_name_has_so_many_tries_but_nobody_locks_its_owner_out(client: Client) -> None:
    """Many addresses could share the guessing; or they could keep an operator out by it."""
    assert log_in(client, "right", address="192.0.2.200") == 302
    client.logout()
    for number in range(MOST_FOR_NAME):
        assert log_in(client, "wrong", address=f"198.51.100.{number}") == 200
    assert log_in(client, "right", address="203.0.113.1") == 429
    assert log_in(client, "right", address="192.0.2.200") == 302
    client.logout()
    Login.objects.filter(network="192.0.2.200").update(
        succeeded=timezone.now() - timedelta(days=100)
    )
    assert log_in(client, "right", address="192.0.2.200") == 429


def test_tries_are_kept_in_few_rows(client: Client) -> None:
    """Three thousand tries made a row of six megabytes, and gigabytes of write-ahead log."""
    for _ in range(50):
        log_in(client, "x" * 5000)
    row = Login.objects.get()
    assert (row.name, row.network, row.failures) == ("olga", "192.0.2.1", MOST_FOR_PAIR)
    long_ago = timezone.now() - timedelta(days=1)
    log_in(client, "right", address="192.0.2.7")
    client.logout()
    Login.objects.bulk_create(
        Login(name=f"{number}", network="n", failures=1, last=long_ago)
        for number in range(MOST_ROWS)
    )
    log_in(client, "wrong", name="new", address="192.0.2.8")
    assert Login.objects.count() <= MOST_ROWS
    assert Login.objects.filter(network__in=["192.0.2.7", "192.0.2.8"]).count() == 2


def test_odd_names_are_no_fault(client: Client) -> None:
    """A name with a NUL would be a 500 from PostgreSQL, and a long one a row of any size."""
    assert log_in(client, "wrong", name="\0" + "y" * 1000) == 200
    assert log_in(client, "wrong", name="y" * 300) == 200
    assert client.get("/admin/login/").status_code == 200


def test_tries_are_logged_with_their_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Fail2ban would have nothing to go by, and an operator would not see the guessing."""
    caplog.set_level(logging.INFO, "chat.logins")
    log_in(client, "wrong", name="eve\nroot", address="192.0.2.66")
    log_in(client, "right", address="192.0.2.1")
    assert [record.getMessage() for record in caplog.records if record.name == "chat.logins"] == [
        "login failed from 192.0.2.66 for 'eve\\nroot'",
        "login from 192.0.2.1 by 'olga'",
    ]


def test_a_lock_is_seen_and_lifted(client: Client, olga: User) -> None:
    """An operator who locked herself out would have to wait, or to go to the database."""
    for _ in range(MOST_FOR_PAIR):
        log_in(client, "wrong")
    client.force_login(olga)
    assert b"192.0.2.1" in client.get("/admin/chat/login/").content
    row = Login.objects.get(failures__gt=0)
    client.post("/admin/chat/login/", {"action": "lift", "_selected_action": str(row.pk)})
    assert b"Lifted the lock" in client.get("/admin/admin/logentry/").content
    client.logout()
    assert log_in(client, "right") == 302


def test_viewers_see_but_lift_nothing(client: Client, groups: None) -> None:
    """Somebody who may only look could let a guesser go on."""
    for _ in range(MOST_FOR_PAIR):
        log_in(client, "wrong")
    vera = User.objects.create_user("vera", password="x", is_staff=True)
    vera.groups.add(Group.objects.get(name="wschat viewers"))
    client.force_login(vera)
    assert client.get("/admin/chat/login/").status_code == 200
    row = Login.objects.get(failures__gt=0)
    client.post("/admin/chat/login/", {"action": "lift", "_selected_action": str(row.pk)})
    assert Login.objects.filter(failures__gt=0).exists()
