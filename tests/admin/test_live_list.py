from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from django.utils.formats import localize

from chat.models import Connection, ServerProcess
from tests.admin.crowd import come

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

LIVE = "/admin/chat/livemember/"


def shown(client: Client, query: str = "") -> str:
    return client.get(LIVE + query).content.decode()


def test_a_row(admin_client: Client) -> None:
    """An operator at a desk would scroll for what matters, and guess the zone of a time."""
    member = come("203.0.113.5", agent="Firefox/1", minutes_ago=3)
    Connection.objects.update(last_seen=timezone.now() - timedelta(seconds=5))
    row = shown(admin_client).partition("<tbody>")[2]
    assert f'title="{member.member}"' in row
    assert f">{member.member[:8]}<" in row
    assert re.search(r"[5-9] s ago</time>", row)
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", row)
    columns = re.findall(r'class="field-(\w+)', row)
    assert columns[:4] == ["who", "came_from", "seen", "messages"]


@pytest.mark.parametrize("query", ["id", "203.0.113", "203.0.113.5", "firefox"])
def test_search(admin_client: Client, query: str) -> None:
    """Somebody named in a complaint could not be found among a thousand."""
    wanted = come("203.0.113.5", agent="Firefox/1")
    other = come("198.51.100.1", agent="curl")
    page = shown(admin_client, f"?q={wanted.member[:8] if query == 'id' else query}")
    assert wanted.member in page
    assert other.member not in page


def test_who_joined_lately(admin_client: Client) -> None:
    """In a raid, the newcomers would drown among the regulars."""
    old, new = come(minutes_ago=20), come(minutes_ago=2)
    page = shown(admin_client, "?minutes=5")
    assert new.member in page
    assert old.member not in page
    assert old.member in shown(admin_client, "?minutes=x")


def test_process_is_asked_for_where_there_are_several(admin_client: Client) -> None:
    """A filter with one choice would take the room of two columns."""
    come()
    assert "By process" not in shown(admin_client)
    now = timezone.now()
    ServerProcess.objects.create(id="q", host="h", pid=2, version="1", started=now, beat=now)
    assert "By process" in shown(admin_client)


def test_times_have_seconds_and_a_zone() -> None:
    """Two events of one minute would have no order."""
    assert localize(timezone.now().replace(microsecond=0)).endswith(" UTC")
