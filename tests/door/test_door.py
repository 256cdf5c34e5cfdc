from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest

from chat.config.conf import conf
from chat.door import door as module
from chat.door.bans import BanList, BannedNetwork
from chat.door.door import Door, Refusal
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


class Clock:
    """A clock that is set by hand, in place of the module's."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        fake = SimpleNamespace(monotonic=lambda: self.now, time=lambda: self.now)
        patch.setattr(module, "time", fake)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_minute_of_connects_is_free_again_piece_by_piece(clock: Clock) -> None:
    """Who reconnected a few times would be kept out for longer than told, or for no time."""
    each = door(connects_per_minute=3)
    assert [each.may_knock(ANNA) for _ in range(4)] == [True, True, True, False]
    clock.now += 19
    assert not each.may_knock(ANNA)
    clock.now += 2
    assert [each.may_knock(ANNA) for _ in range(2)] == [True, False]
    clock.now += 60
    assert [each.may_knock(ANNA) for _ in range(4)] == [True, True, True, False]


def test_handshakes_are_forgotten_when_many_are_remembered(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan from many addresses would fill the memory, or free those who come too often."""
    monkeypatch.setattr(module, "MOST_REMEMBERED", 2)
    each = door(connects_per_minute=1)
    assert each.may_knock(ANNA)
    clock.now += 50
    assert each.may_knock(BEN)
    clock.now += 10
    assert each.may_knock(Visitor(address="192.0.2.3"))
    assert set(each._free_at) == {"2001:db8::/64", "192.0.2.3"}
    assert not each.may_knock(BEN)
    assert each.may_knock(ANNA)


def test_each_address_has_as_many_as_the_limit_says() -> None:
    """Who closes one of two tabs would be counted as gone, or as still there with both."""
    each = door(max_per_address=3)
    for visitor in (ANNA, ANNA, BEN):
        each.entered(visitor)
    assert each.refuse(ANNA, 3) is None
    each.elsewhere_from = {"192.0.2.1": 1}
    assert each.refuse(ANNA, 3) is not None
    each.went(ANNA)
    assert each.refuse(ANNA, 2) is None
    assert each._from == {"192.0.2.1": 1, "2001:db8::/64": 1}
    each.went(ANNA)
    assert each._from == {"2001:db8::/64": 1}


def test_what_may_be_a_proxy_is_spared_and_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A forgotten setting would let one visitor alone in behind a proxy, or fill the log."""
    proxy = Visitor(address="10.0.0.1")
    each = door(max_per_address=1, connects_per_minute=1)
    each.entered(proxy)
    assert each.refuse(proxy, 1) is not None
    each.spares_private = True
    assert [each.may_knock(proxy) for _ in range(3)] == [True] * 3
    assert each.refuse(proxy, 1) is None
    assert [record.args for record in caplog.records] == [("10.0.0.1",)]
    public = Visitor(address="8.8.8.8")
    assert [each.may_knock(public) for _ in range(2)] == [True, False]


def test_says_why_and_whether_to_come_back() -> None:
    """Whoever is refused could not tell a full room from a closed one."""
    each = door(max_members=2, max_per_address=1)
    each.entered(BEN)
    full, crowd = each.refuse(ANNA, 2), each.refuse(BENS_PHONE, 1)
    each.is_locked = True
    locked = each.refuse(ANNA, 1)
    assert [full, crowd, locked] == [
        Refusal("members", TRY_LATER, "the room is full with 2 members, try later"),
        Refusal("address", TRY_LATER, "1 members are here from 2001:db8::/64 already, try later"),
        Refusal("lockdown", TRY_LATER, "nobody new is let in at the moment, try later"),
    ]
    assert each.refused == {"members": 1, "address": 1, "lockdown": 1}


def test_a_ban_that_has_ended_lets_in(clock: Clock) -> None:
    """A ban for an hour would last for ever."""
    each = door()
    each.bans = BanList([BannedNetwork(ip_network("192.0.2.0/24"), "", 5000.0)])
    clock.now = 4999
    assert each.refuse(ANNA, 0) == Refusal("banned", BANNED, "banned")
    clock.now = 5001
    assert each.refuse(ANNA, 0) is None
