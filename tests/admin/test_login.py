from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_wrong_passwords_are_throttled(client: Client) -> None:
    """A password could be guessed by trying a million."""
    User.objects.create_superuser("olga", password="right")
    wrong = {"username": "olga", "password": "wrong"}
    statuses = [client.post("/admin/login/", wrong).status_code for _ in range(6)]
    assert statuses[:4] == [200] * 4
    assert statuses[-1] == 429
    right = {"username": "olga", "password": "right"}
    locked = client.post("/admin/login/", right)
    assert locked.status_code == 429
    assert b"Too many wrong passwords" in locked.content
    elsewhere = client.post("/admin/login/", right, REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 302
