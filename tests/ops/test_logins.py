from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.test import RequestFactory

from chat.models import Login
from chat.models.login import MOST_FOR_PAIR
from chat.ops import logins

if TYPE_CHECKING:
    from django.http import HttpRequest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def none_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin to count as a process does that starts."""
    monkeypatch.setattr(logins, "results", logins.results.__class__())


def asking(address: str = "192.0.2.1", **posted: str) -> HttpRequest:
    return RequestFactory(REMOTE_ADDR=address).post("/admin/login/", posted)


def fail(name: str, times: int = 1) -> None:
    for _ in range(times):
        user_login_failed.send(__name__, credentials={"username": name}, request=asking())


def test_tries_are_counted_by_what_came_of_them() -> None:
    """An alert on somebody who guesses passwords would stay silent, or ring at every login."""
    fail("olga", times=MOST_FOR_PAIR)
    assert logins.is_locked(asking(username="olga"))
    assert logins.is_locked(asking(username="olga"))
    olga = User.objects.create_user("olga")
    for _ in range(3):
        user_logged_in.send(__name__, request=asking(), user=olga)
    assert dict(logins.results) == {"failed": MOST_FOR_PAIR, "refused": 2, "ok": 3}


def test_who_is_not_locked_is_not_refused() -> None:
    """Every login would look like a guess in the metrics."""
    assert not logins.is_locked(asking(username="olga"))
    assert not logins.is_locked(asking())
    assert not logins.results


def test_a_name_is_counted_as_it_is_meant() -> None:
    """Case, blanks or a NUL would give new tries at one password, and PostgreSQL would fail."""
    fail(" Ol\0ga ", times=MOST_FOR_PAIR)
    assert logins.is_locked(asking(username="olga"))
    assert Login.objects.get().name == "olga"


def test_a_name_is_as_long_as_a_column() -> None:
    """A name of a megabyte would be stored, or be an error."""
    fail("x" * 151)
    assert Login.objects.get().name == "x" * 150


def test_tries_outside_of_any_request_do_not_count() -> None:
    """A command that tries a password would lock nobody knows whom."""
    user_login_failed.send(__name__, credentials={"username": "olga"}, request=None)
    assert not Login.objects.exists()
    assert not logins.results
