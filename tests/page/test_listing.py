from __future__ import annotations

import pytest
from django.test import RequestFactory

from chat.models import Server
from chat.page import listing

pytestmark = pytest.mark.django_db(transaction=True)


def others() -> list[listing.Listed]:
    Server.objects.remember()
    return listing.other_servers()


def test_enabled_servers_in_order() -> None:
    """People would see servers that are switched off, or in an order that nobody chose."""
    Server.objects.create(name="last", url="ws://c.example/", position=2)
    Server.objects.create(name="second", url="ws://b.example/", position=1)
    Server.objects.create(name="off", url="ws://d.example/", enabled=False)
    Server.objects.create(name="first", url="wss://a.example/", position=1)
    assert others() == [
        ("first", "wss://a.example/"),
        ("second", "ws://b.example/"),
        ("last", "ws://c.example/"),
    ]


def test_rows_that_cannot_be_used_are_left_out() -> None:
    """One bad row, written past the admin, would break the page's policy for all servers."""
    Server.objects.create(name="bad", url="ws://x; script-src *")
    Server.objects.create(name="wschat", url="ws://impostor.example/")
    Server.objects.create(name="good", url="ws://good.example/")
    assert others() == [("good", "ws://good.example/")]


@pytest.mark.parametrize(("secure", "scheme"), [(False, "ws"), (True, "wss")])
def test_this_server_under_the_name_it_was_reached_by(*, secure: bool, scheme: str) -> None:
    """Other pages would be sent to a name that only this machine knows."""
    request = RequestFactory().get("/servers", headers={"host": "chat.localhost"}, secure=secure)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.ALLOWED_HOSTS", ["*"])
        assert listing.this_server(request) == ("wschat", f"{scheme}://chat.localhost/")
