from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from chat.models import Ban, Connection, ServerProcess, Switches

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

PAGES = ("livemember", "connection", "loggedmessage", "ban", "announcement", "serverprocess")


@pytest.fixture
def viewer(client: Client, groups: None) -> Client:
    """Log in somebody who may only look."""
    return member_of(client, "wschat viewers")


@pytest.fixture
def operator(client: Client, groups: None) -> Client:
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
    switches, _ = Switches.objects.get_or_create(id=1)
    path = f"/admin/chat/switches/{switches.pk}/change/"
    assert viewer.post(path, {"slow_mode": "1", "lockdown": "on"}).status_code == 403
    switches.refresh_from_db()
    assert not switches.lockdown
    assert b"Kicked" not in viewer.get("/admin/admin/logentry/").content
    assert b'value="kick"' not in viewer.get("/admin/chat/livemember/").content


def test_operators_steer(operator: Client, somebody: Connection) -> None:
    """An operator without all rights could not keep order."""
    assert b'value="kick"' in operator.get("/admin/chat/livemember/").content
    ban = {"network": "198.51.100.1", "confirmed": "yes"}
    assert operator.post("/admin/chat/ban/add/", ban).status_code == 302
    asked = {"action": "kick_and_ban", "_selected_action": str(somebody.pk)}
    page = operator.post("/admin/chat/livemember/", asked)
    assert b"Everybody else there is banned as well" in page.content
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


def allow(client: Client, *codenames: str) -> None:
    """Log in somebody who may do just this."""
    user = User.objects.create_user("kim", password="x", is_staff=True)
    for codename in codenames:
        user.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


def test_who_may_kick_but_not_ban_bans_nobody(client: Client, somebody: Connection) -> None:
    """A helper for an evening could shut people out for ever."""
    allow(client, "view_livemember", "view_connection", "kick_connection")
    page = client.get("/admin/chat/livemember/").content
    assert b'value="kick"' in page
    assert b'value="kick_and_ban"' not in page
    chosen = {"action": "kick_and_ban", "_selected_action": str(somebody.pk), "confirmed": "yes"}
    for where in ("livemember", "connection"):
        client.post(f"/admin/chat/{where}/", {**chosen, "reason": "x", "hours": ""})
    assert client.get("/admin/chat/sweep/add/").status_code == 403
    assert not Ban.objects.exists()


def test_who_may_not_see_a_log_gets_no_file_of_it(client: Client, somebody: Connection) -> None:
    """Addresses of everybody would go to whoever may see something else."""
    allow(client, "view_ban")
    for page in ("connection", "loggedmessage"):
        assert client.get(f"/admin/chat/{page}/export/").status_code == 403
