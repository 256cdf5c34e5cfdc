"""What an operator does about a raid, and about what was too much of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from chat.models import Ban, Sweep
from tests.admin.crowd import come

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

ADD = "/admin/chat/sweep/add/"
RAID = {"minutes": "10", "network": "", "agent": "", "reason": "raid", "hours": "24"}


def hidden(page: str) -> dict[str, str]:
    """Return what the page that asks sends with the answer."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def preview(client: Client, **values: str) -> str:
    """Return the page that asks."""
    return client.post(ADD, {**RAID, **values}).content.decode()


def carry_out(client: Client, **values: str) -> str:
    """Ask, answer, and return the page that tells what came of it."""
    answer = hidden(preview(client, **values))
    return client.post(ADD, answer, follow=True).content.decode()


def banned() -> set[str]:
    return set(Ban.objects.values_list("network", flat=True))


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on at once: there is no recorder that would write that they are gone."""
    monkeypatch.setattr("chat.admin.steering.GONE_SECONDS", 0)


def test_raid_is_put_out_by_one_act(admin_client: Client) -> None:
    """Under a raid, an operator would ban address after address by hand, or ban the regulars."""
    regular = come("198.51.100.1", minutes_ago=60)
    come("203.0.113.5", agent="Raider/1", minutes_ago=2)
    come("203.0.113.6", agent="Raider/1", minutes_ago=3, has_left=True)
    come("2001:db8:0:1::7", agent="Raider/1")
    come("203.0.113.9", agent="Firefox")
    page = preview(admin_client, agent="raider")
    assert "2 of 4 in the room" in page
    assert "203.0.113.5" in page
    assert "203.0.113.9" not in page
    assert not banned()
    done = carry_out(admin_client, agent="raider")
    assert banned() == {"203.0.113.5/32", "203.0.113.6/32", "2001:db8:0:1::/64"}
    assert "2 put out, 3 bans made" in done
    assert regular.address not in done
    sweep = Sweep.objects.get()
    assert sweep.members == 2
    assert "raider" in sweep.whom


def test_raid_by_network_and_by_address(admin_client: Client) -> None:
    """A ban of everybody who joined lately would hit guests from elsewhere."""
    for address in ("203.0.113.5", "203.0.113.6", "198.51.100.1"):
        come(address)
    carry_out(admin_client, network="203.0.113.0/24")
    assert banned() == {"203.0.113.5/32", "203.0.113.6/32"}
    carry_out(admin_client, network="198.51.100.1")
    assert "198.51.100.1/32" in banned()


def test_answer_is_about_those_who_were_shown(admin_client: Client) -> None:
    """Somebody who comes while the operator reads would be banned unseen."""
    come("203.0.113.5")
    answer = hidden(preview(admin_client))
    come("198.51.100.1")
    admin_client.post(ADD, answer)
    assert banned() == {"203.0.113.5/32"}


def test_undo(admin_client: Client) -> None:
    """One wrong number would keep half of the regulars out until somebody found all the bans."""
    ending = timezone.now() + timedelta(hours=1)
    Ban.objects.create(network="203.0.113.5/32", reason="before", until=ending)
    Ban.objects.create(network="203.0.113.6/32", reason="for ever")
    for number in (5, 6, 7, 8):
        come(f"203.0.113.{number}")
    carry_out(admin_client)
    assert Ban.objects.get(network="203.0.113.5/32").reason == "raid"
    assert Ban.objects.get(network="203.0.113.6/32").reason == "for ever"
    kept = Ban.objects.get(network="203.0.113.8/32")
    changed = {"network": kept.network, "reason": "this one is right", "confirmed": "yes"}
    admin_client.post(f"/admin/chat/ban/{kept.pk}/change/", changed)
    sweep = Sweep.objects.get()
    detail = admin_client.get(f"/admin/chat/sweep/{sweep.pk}/change/").content.decode()
    assert f"/admin/chat/sweep/{sweep.pk}/undo/" in detail
    undone = admin_client.post(f"/admin/chat/sweep/{sweep.pk}/undo/", follow=True)
    assert b"Undone: 2 bans taken back" in undone.content
    assert banned() == {"203.0.113.5/32", "203.0.113.6/32", "203.0.113.8/32"}
    before = Ban.objects.get(network="203.0.113.5/32")
    assert (before.reason, before.until) == ("before", ending)
    again = admin_client.post(f"/admin/chat/sweep/{sweep.pk}/undo/", follow=True)
    assert b"nothing to undo" in again.content


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_undo_of_one_sweep_over_another(admin_client: Client, order: tuple[int, int]) -> None:
    """Who sweeps twice and takes both back would leave bans of which no page tells why."""
    for number in (5, 6):
        come(f"203.0.113.{number}")
    carry_out(admin_client, hours="1")
    carry_out(admin_client, hours="24")
    keys = list(Sweep.objects.order_by("made").values_list("pk", flat=True))
    admin_client.post(f"/admin/chat/sweep/{keys[order[0]]}/undo/")
    assert banned() == {"203.0.113.5/32", "203.0.113.6/32"}
    admin_client.post(f"/admin/chat/sweep/{keys[order[1]]}/undo/")
    assert banned() == set()


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"network": "192.0.2.7/24"}, "did you mean 192.0.2.0/24?"),
        ({"network": "198.51.100.0/24"}, "nobody joined then who fits"),
        ({"hours": "-1"}, "greater than or equal to 1"),
        ({"at": "nan"}, "Enter a number"),
        ({"at": "-1e300"}, "nobody joined then who fits"),
    ],
)
def test_what_is_no_sweep(admin_client: Client, values: dict[str, str], error: str) -> None:
    """A slip would end in a page of code, or hit somebody else."""
    come("192.0.2.1")
    assert error in preview(admin_client, **values)


def test_ban_shows_first_whom_it_hits(admin_client: Client) -> None:
    """A ban of half of all addresses would empty the room before anybody could think twice."""
    come("203.0.113.5")
    come("10.0.0.1")
    ban = {"network": "128.0.0.0/1", "reason": "oops"}
    page = admin_client.post("/admin/chat/ban/add/", ban).content.decode()
    assert "1 of 2 in the room" in page
    assert "203.0.113.5" in page
    assert "10.0.0.1" not in page
    assert not banned()
    done = admin_client.post("/admin/chat/ban/add/", hidden(page), follow=True).content.decode()
    assert banned() == {"128.0.0.0/1"}
    undo = re.search(r'href="([^"]+)">Undo the ban of 128.0.0.0/1', done)
    assert undo is not None
    admin_client.post(undo[1], {"post": "yes"})
    assert not banned()


def test_wider_ban_asks_again(admin_client: Client) -> None:
    """A changed ban would hit people whom nobody was shown."""
    ban = Ban.objects.create(network="203.0.113.5/32")
    come("203.0.113.77")
    values = {"network": "203.0.113.0/24", "reason": ""}
    page = admin_client.post(f"/admin/chat/ban/{ban.pk}/change/", values).content.decode()
    assert "1 of 1 in the room" in page
    assert banned() == {"203.0.113.5/32"}


def test_own_address_is_told(admin_client: Client) -> None:
    """An operator would shut the team out of its own room."""
    page = admin_client.post("/admin/chat/ban/add/", {"network": "127.0.0.0/8", "reason": ""})
    assert b"Your own address, 127.0.0.1, is among them" in page.content


def test_who_has_left_can_be_banned_from_the_log(admin_client: Client) -> None:
    """Whoever leaves before the operator clicks could come back for ever."""
    gone = come("203.0.113.5", has_left=True)
    path = "/admin/chat/connection/"
    asked = {"action": "kick_and_ban", "_selected_action": str(gone.pk)}
    page = admin_client.post(path, asked).content.decode()
    answer = {**hidden(page), "reason": "spam", "hours": "1"}
    done = admin_client.post(path, answer, follow=True).content.decode()
    assert banned() == {"203.0.113.5/32"}
    assert "Undo" in done


def test_only_operators_sweep(client: Client, groups: None) -> None:
    """Somebody who may only look could empty the room, or let everybody in again."""
    come()
    user = User.objects.create_user("vera", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="wschat viewers"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/chat/sweep/").status_code == 200
    assert client.post(ADD, {**RAID, "confirmed": "yes"}).status_code == 403
    sweep = Sweep.objects.create(whom="x")
    assert client.post(f"/admin/chat/sweep/{sweep.pk}/undo/").status_code == 403
    assert client.get(f"/admin/chat/sweep/{sweep.pk}/undo/").status_code == 405
