from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from chat.models import Connection, ServerProcess, Switches

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

PAGES = ("livemember", "connection", "loggedmessage", "ban", "announcement", "serverprocess")


@pytest.fixture
def viewer(client: Client) -> Client:
    """Log in somebody who may only look."""
    return member_of(client, "wschat viewers")


@pytest.fixture
def operator(client: Client) -> Client:
    """Log in somebody who may steer."""
    return member_of(client, "wschat operators")


def member_of(client: Client, group: str) -> Client:
    user = User.objects.create_user("vera", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def somebody() -> Connection:
    """Put somebody in the room."""
    now = timezone.now()
    ServerProcess.objects.create(id="p", host="h", pid=1, version="1", started=now, beat=now)
    return Connection.objects.create(
        member="m", process="p", address="192.0.2.1", joined=now, last_seen=now
    )


@pytest.mark.parametrize("page", PAGES)
def test_viewers_see(viewer: Client, somebody: Connection, page: str) -> None:
    """Somebody who may look would find closed doors."""
    assert viewer.get(f"/admin/chat/{page}/").status_code == 200


def test_viewers_change_nothing(viewer: Client, somebody: Connection) -> None:
    """Somebody who may only look could throw people out."""
    kick = {"action": "kick", "_selected_action": str(somebody.pk), "confirmed": "yes"}
    viewer.post("/admin/chat/livemember/", {**kick, "reason": "x"})
    assert viewer.post("/admin/chat/ban/add/", {"network": "192.0.2.1"}).status_code == 403
    assert viewer.post("/admin/chat/announcement/add/", {"text": "x"}).status_code == 403
    switches = Switches.objects.get()
    path = f"/admin/chat/switches/{switches.pk}/change/"
    assert viewer.post(path, {"slow_mode": "1", "lockdown": "on"}).status_code == 403
    switches.refresh_from_db()
    assert not switches.lockdown
    assert b"Kicked" not in viewer.get("/admin/admin/logentry/").content
    assert b'value="kick"' not in viewer.get("/admin/chat/livemember/").content


def test_operators_steer(operator: Client, somebody: Connection) -> None:
    """An operator without all rights could not keep order."""
    assert b'value="kick"' in operator.get("/admin/chat/livemember/").content
    assert operator.post("/admin/chat/ban/add/", {"network": "192.0.2.1"}).status_code == 302
    asked = {"action": "kick_and_ban", "_selected_action": str(somebody.pk)}
    page = operator.post("/admin/chat/livemember/", asked)
    assert b"Everybody else from these addresses" in page.content
    assert operator.get("/admin/auth/user/").status_code == 403


def test_logs_cannot_be_changed(admin_client: Client, somebody: Connection) -> None:
    """A record that can be edited proves nothing."""
    path = f"/admin/chat/connection/{somebody.pk}/"
    assert admin_client.get(f"{path}change/").status_code == 200
    assert admin_client.post(f"{path}change/", {"address": "x"}).status_code == 403
    assert admin_client.post(f"{path}delete/").status_code == 403
    assert admin_client.get("/admin/chat/connection/add/").status_code == 403


def test_steering_without_a_room_says_so(operator: Client, somebody: Connection) -> None:
    """An operator would believe that somebody was kicked who was not."""
    kick = {"action": "kick", "_selected_action": str(somebody.pk), "confirmed": "yes"}
    page = operator.post("/admin/chat/livemember/", {**kick, "reason": "x"}, follow=True)
    assert b"Nobody was kicked: only a process that serves the room" in page.content


def test_dead_processes_show_nobody(operator: Client, somebody: Connection) -> None:
    """After a crash the list would show people who are gone."""
    assert b"192.0.2.1" in operator.get("/admin/chat/livemember/").content
    ServerProcess.objects.update(beat=timezone.now() - timedelta(seconds=60))
    assert b"192.0.2.1" not in operator.get("/admin/chat/livemember/").content
