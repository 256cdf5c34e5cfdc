from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from chat.models import Connection
from tests.admin.crowd import come, serve, somebody

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

pytestmark = pytest.mark.django_db

LIVE = "/admin/chat/livemember/"
MANY = 1200


class Kicked:
    """What the room is asked, and the recorder that writes down that they left."""

    def __init__(self) -> None:
        self.members: list[str] = []

    def kick(self, member: str, *_: object) -> None:
        """Note whom."""
        self.members.append(member)

    def steer(self, action: Callable[[Any], None]) -> str:
        """Let the operator's action have this room."""
        action(self)
        Connection.objects.filter(member__in=self.members).update(left=timezone.now())
        return ""


@pytest.fixture
def kicked(monkeypatch: pytest.MonkeyPatch) -> Kicked:
    """Stand in for a room that serves."""
    room = Kicked()
    monkeypatch.setattr("chat.admin.live.steer", room.steer)
    return room


def answer(page: str) -> dict[str, str]:
    """Return the form of the page that asks, filled in."""
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return {**sent, "reason": "too loud"}


def test_kick_of_more_than_a_thousand(admin_client: Client, kicked: Kicked) -> None:
    """Under a raid of a thousand, the button would end in an error."""
    serve()
    people = Connection.objects.bulk_create(somebody() for _ in range(MANY))
    choose = {"action": "kick", "_selected_action": str(people[0].pk), "select_across": "1"}
    page = admin_client.post(LIVE, {**choose, "index": "0"}).content.decode()
    assert f"Kick {MANY} of those in the room?" in page
    newcomer = come()
    done = admin_client.post(LIVE, answer(page), follow=True).content.decode()
    assert f"{MANY} kicked" in done
    assert set(kicked.members) == {row.member for row in people}
    assert newcomer.member not in kicked.members
    listed = re.findall(r'name="_selected_action" value="(\d+)"', done)
    assert listed == [str(newcomer.pk)], "those who were kicked are gone from the list"


def test_kick_of_nobody(admin_client: Client, kicked: Kicked) -> None:
    """An operator would get a form without anybody in it."""
    gone = come(has_left=True)
    choose = {"action": "kick", "_selected_action": str(gone.pk)}
    page = admin_client.post(LIVE, choose, follow=True).content.decode()
    assert "Nobody of them is in the room any longer" in page
    odd = {"action": "kick", "_selected_action": "0", "select_across": "1", "chosen": "x,,²,1e9"}
    answered = admin_client.post(LIVE, {**odd, "confirmed": "yes", "reason": "x"}, follow=True)
    assert "Nobody of them is in the room any longer" in answered.content.decode()
    assert not kicked.members


def test_a_list_that_is_too_long_says_so(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator would think that all were put out, and the raid would go on."""
    monkeypatch.setattr("chat.admin.chosen.MOST", 2)
    serve()
    people = Connection.objects.bulk_create(somebody() for _ in range(3))
    choose = {"action": "kick", "_selected_action": str(people[0].pk), "select_across": "1"}
    page = admin_client.post(LIVE, {**choose, "index": "0"}).content.decode()
    assert "Kick 2 of those in the room?" in page
    assert "more than 2 rows: this is about the first 2 alone" in page
