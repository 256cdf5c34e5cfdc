from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from chat.config.conf import conf
from chat.door.bans import BanList, BannedNetwork
from chat.door.door import Door
from chat.door.visitor import Visitor
from chat.protocol.messages import BANNED, TRY_LATER

ANNA = Visitor(address="192.0.2.1")
BEN = Visitor(address="2001:db8::1")
BENS_PHONE = Visitor(address="2001:db8::2")


def door(**settings: Any) -> Door:
    return Door(replace(conf, **settings))


def test_open_by_default() -> None:
    """A server without limits would refuse people."""
    each = door()
    assert all(each.may_knock(ANNA) for _ in range(1000))
    assert each.refuse(ANNA, 100_000) is None


def test_full_room() -> None:
    """A full room would take one more, or tell nobody that it is full."""
    refusal = door(max_members=2).refuse(ANNA, 2)
    assert refusal is not None
    assert refusal.code is TRY_LATER
    assert "full" in refusal.reason
    assert door(max_members=2).refuse(ANNA, 1) is None


def test_members_from_one_address() -> None:
    """One person with a thousand tabs, or a thousand IPv6 addresses, would fill the room."""
    each = door(max_per_address=1)
    each.entered(BEN)
    refusal = each.refuse(BENS_PHONE, 1)
    assert refusal is not None
    assert refusal.kind == "address"
    assert each.refuse(ANNA, 1) is None
    each.went(BEN)
    assert each.refuse(BENS_PHONE, 0) is None


def test_members_of_other_processes_count() -> None:
    """With four workers everybody would get in four times as often."""
    each = door(max_per_address=2)
    each.elsewhere_from = {"192.0.2.1": 2}
    assert each.refuse(ANNA, 2) is not None


def test_connects_per_minute() -> None:
    """A client that reconnects in a loop would keep the server busy."""
    each = door(connects_per_minute=3)
    assert [each.may_knock(ANNA) for _ in range(5)] == [True, True, True, False, False]
    assert each.may_knock(BEN)
    assert each.refused["connects"] == 2


def test_ban_and_lockdown() -> None:
    """A ban or a lockdown would let people in."""
    each = door()
    each.bans = BanList([BannedNetwork(ip_network("192.0.2.0/24"), "spam", None)])
    refusal = each.refuse(ANNA, 0)
    assert refusal is not None
    assert (refusal.code, refusal.reason) == (BANNED, "banned: spam")
    each.is_locked = True
    locked = each.refuse(BEN, 0)
    assert locked is not None
    assert locked.code is TRY_LATER
    assert each.refused == {"banned": 1, "lockdown": 1}


def test_dry_run_of_one_limit_hides_no_other() -> None:
    """A limit in dry run would switch off the limits behind it."""
    each = door(max_members=1, max_per_address=1, connects_per_minute=1, dry_run=("members",))
    assert each.refuse(ANNA, 5) is None
    assert each.would_refuse == {"members": 1}
    each.entered(ANNA)
    refusal = each.refuse(ANNA, 5)
    assert refusal is not None
    assert refusal.kind == "address"


def test_dry_run_of_all() -> None:
    """An operator could not see whom limits would refuse before they do."""
    limits = ("members", "address", "connects")
    each = door(max_members=1, max_per_address=1, connects_per_minute=1, dry_run=limits)
    each.entered(ANNA)
    assert each.may_knock(ANNA)
    assert each.may_knock(ANNA)
    assert each.refuse(ANNA, 1) is None
    assert each.would_refuse == {"members": 1, "address": 1, "connects": 1}
    assert not each.refused
