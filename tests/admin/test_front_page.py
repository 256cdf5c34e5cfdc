from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.utils import timezone

from chat.models import Announcement, Minute, ServerProcess, Switches
from tests.admin.crowd import come

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

SET = "/admin/chat/switches/{}/set/"


def front(client: Client) -> str:
    return client.get("/admin/").content.decode()


def card(page: str, name: str) -> str:
    """Return the part of the page with this id, as text."""
    part = page.partition(f'id="{name}"')[2].partition('<div id="')[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part.partition(">")[2]).split())


def switches() -> tuple[int, bool]:
    row = Switches.objects.first() or Switches()  # tests that empty all tables leave none
    return row.slow_mode, row.lockdown


def test_figures_of_the_last_hour(admin_client: Client) -> None:
    """On a bad day, the first page would not tell whether it gets better or worse."""
    come()
    this_minute = timezone.now().replace(second=0, microsecond=0)
    for process, minutes_ago, messages, members, refused in (
        ("p", 1, 30, 7, 2),
        ("q", 1, 10, 5, 0),
        ("p", 2, 90, 3, 1),
        ("p", 61, 999, 999, 999),
    ):
        Minute.objects.create(
            process=process,
            begin=this_minute - timedelta(minutes=minutes_ago),
            messages=messages,
            members=members,
            refused=refused,
        )
    page = front(admin_client)
    figures = card(page, "room-figures")
    assert "1 in the room, 12 at most" in figures
    assert "40 in the last minute, 90 at most" in figures
    assert "3 in the last hour, 2 a minute at most" in figures
    assert page.count('role="img"') == 3
    assert re.search(r"<title>\d\d:\d\d: 90</title>", page)


def test_switches_are_set_one_by_one(admin_client: Client) -> None:
    """An operator whose page is old would lift the lockdown by touching slow mode."""
    page = front(admin_client)
    assert "Lockdown: off" in page
    assert page.count('data-on="no"') == 2
    page = admin_client.post(
        SET.format("lockdown"), {"lockdown": "on"}, follow=True
    ).content.decode()
    assert "Lockdown: on" in page
    assert page.count('data-on="yes"') == 1
    admin_client.post(SET.format("slow_mode"), {"slow_mode": "30"})
    assert switches() == (30, True)
    admin_client.post(SET.format("slow_mode"), {"slow_mode": ["45", "0"]})
    assert switches() == (0, True)
    admin_client.post(SET.format("lockdown"), {})
    assert switches() == (0, False)
    told = LogEntry.objects.exclude(change_message="Logged in.").earliest("id").change_message
    assert told == "Changed lockdown: off → on."


@pytest.mark.parametrize("value", ["", "-1", "6001", "many", "99999999999999999999"])
def test_slow_mode_takes_no_odd_number(admin_client: Client, value: str) -> None:
    """A slip would stop everybody, or end in an error page."""
    page = admin_client.post(SET.format("slow_mode"), {"slow_mode": value}, follow=True)
    assert b"Not switched" in page.content
    assert switches() == (0, False)


def test_announce_in_one_line(admin_client: Client) -> None:
    """To say one sentence to the room would take three pages."""
    page = front(admin_client)
    assert 'name="text"' in page
    sent = {"text": "closing at ten", "_index": "yes"}
    answer = admin_client.post("/admin/chat/announcement/add/", sent)
    assert answer.headers["Location"] == "/admin/"
    assert Announcement.objects.get().text == "closing at ten"


def test_failed_logins(admin_client: Client, client: Client) -> None:
    """Nobody would see that somebody tries passwords."""
    for _ in range(3):
        client.post("/admin/login/", {"username": "olga", "password": "x"})
    page = front(admin_client)
    assert "3 in the last hour" in card(page, "room-logins")
    assert "olga from 127.0.0.1" in card(page, "room-logins")


def test_health_of_each_process(admin_client: Client) -> None:
    """One of four workers could be dead or without Redis, and nobody would see it."""
    now = timezone.now()
    for name, age, values in (
        ("well", 0, {}),
        ("away", 60, {}),
        ("ill", 0, {"problem": "no Redis"}),
        ("ended", 0, {"stopped": now}),
    ):
        beat = now - timedelta(seconds=age)
        ServerProcess.objects.create(
            id=name, host=name, pid=1, version="1", started=beat, beat=beat, **values
        )
    page = front(admin_client).partition('id="room-health"')[2]
    states = {name: state for state, name in re.findall(r'-well="(\w+)"><strong>(\w+):1<', page)}
    assert states == {"well": "yes", "away": "no", "ill": "no", "ended": "ended"}
    health = card(front(admin_client), "room-health")
    assert "ill:1 no Redis" in health
    assert "away:1 not heard of since" in health


def test_who_may_only_look_steers_nothing(client: Client, groups: None) -> None:
    """Somebody who may only look would find buttons that do nothing, or that work."""
    user = User.objects.create_user("vera", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="wschat viewers"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    panel = front(client).partition('class="room-panel"')[2].partition("</section>")[0]
    assert "Lockdown: off" in panel
    assert "<button" not in panel
    assert "lately" not in panel
    assert client.post(SET.format("lockdown"), {"lockdown": "on"}).status_code == 403
    assert client.get(SET.format("lockdown")).status_code == 405
    assert switches() == (0, False)


def test_no_such_switch(admin_client: Client) -> None:
    """A mistyped address would end in an error page."""
    assert admin_client.post(SET.format("id"), {"id": "2"}).status_code == 404
