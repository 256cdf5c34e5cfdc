"""From anything that an operator sees to the person behind it, click by click."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from chat.models import Connection, LoggedMessage
from tests.admin.crowd import come

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def link(text: str, label: str) -> str:
    """Return where the link or the button with this label leads."""
    found = re.search(rf'(?:href|action)="([^"]+)"[^>]*>(?:(?!</[af]).)*?{label}', text, re.DOTALL)
    assert found is not None, f"no {label} in {text}"
    return unescape(found[1])


def say(sender: Connection, contents: str) -> LoggedMessage:
    return LoggedMessage.objects.create(
        sender=sender.member, sent=timezone.now(), contents=contents
    )


def test_from_a_message_to_the_ban(admin_client: Client) -> None:
    """Banning who said something would mean copying an id and an address by hand."""
    sender = come("203.0.113.5", has_left=True)
    said = say(sender, "buy this")
    listed = page(admin_client, "/admin/chat/loggedmessage/")
    connection = page(admin_client, link(listed, sender.member[:8]))
    assert "203.0.113.5" in connection
    assert "buy this" in page(admin_client, link(connection, "What it said"))
    neighbours = page(admin_client, link(connection, "All from this address"))
    assert sender.member in neighbours
    form = page(admin_client, link(connection, "Ban address…"))
    assert 'value="203.0.113.5/32"' in form
    message = page(admin_client, f"/admin/chat/loggedmessage/{said.pk}/change/")
    assert link(message, "Sender") == link(listed, sender.member[:8])
    assert 'value="203.0.113.5/32"' in page(admin_client, link(message, "Ban the sender"))


def test_kick_from_the_page_of_a_member(admin_client: Client) -> None:
    """Looking at somebody, an operator would have to find the row in the list again to kick it."""
    member = come()
    listed = page(admin_client, "/admin/chat/livemember/")
    detail = page(admin_client, link(listed, member.member[:8]))
    asked = admin_client.post(
        link(detail, "Kick…"), {"action": "kick", "_selected_action": str(member.pk)}
    )
    assert b"Kick 1 of those in the room?" in asked.content
    Connection.objects.update(left=timezone.now())
    assert "Kick…" not in page(admin_client, f"/admin/chat/connection/{member.member}/change/")


def test_from_a_ban_to_who_came_from_there(admin_client: Client) -> None:
    """Nobody could tell any longer why an address is banned."""
    member = come("203.0.113.5", has_left=True)
    ban = {"network": "203.0.113.5", "reason": "x", "confirmed": "yes", "_continue": "1"}
    detail = admin_client.post("/admin/chat/ban/add/", ban, follow=True).content.decode()
    assert member.member in page(admin_client, link(detail, "All from this address"))


@pytest.mark.parametrize("address", ["", "unix:", "fe80::1%eth0"])
def test_who_has_no_address(admin_client: Client, address: str) -> None:
    """Behind a socket without addresses, the page of a member would be an error."""
    member = come(address)
    page(admin_client, f"/admin/chat/connection/{member.member}/change/")
    assert member.member in page(admin_client, "/admin/chat/livemember/")
    chosen = {"action": "kick_and_ban", "_selected_action": str(member.pk)}
    answer = admin_client.post("/admin/chat/livemember/", chosen, follow=True)
    assert answer.status_code == 200


def test_what_is_not_there(admin_client: Client) -> None:
    """A link to somebody whom retention has deleted would end in an error."""
    say(Connection(member="3f2a57a0-0000-4000-8000-000000000000"), "hi")
    listed = page(admin_client, "/admin/chat/loggedmessage/")
    answer = admin_client.get(link(listed, "3f2a57a0"), follow=True)
    assert b"Perhaps it was deleted?" in answer.content


def test_announcements_are_nobodys(admin_client: Client) -> None:
    """What the system said would lead to somebody who does not exist."""
    LoggedMessage.objects.create(sender="system", sent=timezone.now(), contents="closing")
    listed = page(admin_client, "/admin/chat/loggedmessage/")
    assert "/admin/chat/connection/system" not in listed
