from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chat.config.conf import conf
from chat.protocol.frames import payloads
from chat.protocol.messages import KICKED
from chat.room.outbox import Outbox
from chat.room.steering import Steering
from tests.fakes import fake_member

if TYPE_CHECKING:
    from chat.protocol.messages import CloseCode
    from chat.room.member import Member


class Pace:
    """Remembers the pace it was given, in place of the pacer."""

    now: Any = None

    def set_pace(self, rate: float, burst: int, *, is_dry_run: bool = False) -> None:
        """Remember it."""
        self.now = rate, burst, is_dry_run


class Expelled:
    """A room that remembers whom it put out."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.out: list[tuple[Member, CloseCode, str]] = []

    def expel(self, member: Member, code: CloseCode, reason: str) -> None:
        """Remember it."""
        self.out.append((member, code, reason))


def steer(**settings: Any) -> tuple[Any, Expelled, Outbox, Pace]:
    room, outbox, pace = Expelled(), Outbox(), Pace()
    made: Any = Steering(room, outbox, pace, replace(conf, **settings))  # type: ignore[arg-type]
    return made, room, outbox, pace


@pytest.mark.parametrize(
    ("settings", "per_minute", "expected"),
    [
        ({"rate": 5, "burst": 10}, 0, (5, 10, False)),
        ({"rate": 5, "burst": 10, "dry_run": ("rate",)}, 0, (5, 10, True)),
        ({"rate": 5, "burst": 10, "dry_run": ("members",)}, 0, (5, 10, False)),
        ({"rate": 5, "burst": 10}, 30, (0.5, 1, False)),
        ({"rate": 5, "burst": 10, "dry_run": ("rate",)}, 30, (0.5, 1, False)),
        ({"rate": 5, "burst": 10, "dry_run": ("rate",)}, 600, (10, 1, False)),
        ({"rate": 0.5, "burst": 10}, 30, (0.5, 10, False)),
        ({"rate": 0.1, "burst": 10}, 30, (0.1, 10, False)),
        ({"rate": 0, "burst": 10}, 30, (0.5, 1, False)),
        ({"rate": 0, "burst": 10}, 0, (0, 10, False)),
    ],
)
def test_slow_mode_slows_and_never_speeds_up(
    settings: dict[str, Any], per_minute: int, expected: tuple[float, int, bool]
) -> None:
    """An operator who calms the room would let it talk faster, or not calm it at all."""
    steering, _, _, pace = steer(**settings)
    assert pace.now == (settings["rate"], settings["burst"], "rate" in settings.get("dry_run", ()))
    steering.set_slow_mode(per_minute)
    assert pace.now == expected


def test_a_new_pace_leaves_slow_mode_and_dry_run_as_they_are() -> None:
    """A reload of the settings would end the slow mode that an operator has just set."""
    steering, _, _, pace = steer(rate=5, burst=10, dry_run=("rate",))
    steering.set_pace(7, 3)
    assert pace.now == (7, 3, True)
    steering.set_slow_mode(30)
    steering.set_pace(8, 4)
    assert pace.now == (0.5, 1, False)
    steering.set_slow_mode(0)
    assert pace.now == (8, 4, True)


def test_a_kick_is_an_order_to_all_and_carried_out_where_the_member_is() -> None:
    """The kicked member would stay, or be told another reason, or another code."""
    steering, room, outbox, _ = steer()
    member, _ = fake_member()
    steering.kick(member.id, KICKED, "be nice")
    order = {"member": member.id, "code": 4001, "reason": "be nice"}
    assert outbox.take()["controls"] == [("kick", order)]
    assert steering.ordered("kick", order) is True
    assert room.out == []
    room.members[member.id] = member
    assert steering.ordered("kick", order) is True
    assert room.out == [(member, KICKED, "be nice")]


def test_an_order_of_another_kind_is_somebody_else_s() -> None:
    """An order that nobody carries out would count as carried out."""
    steering, room, _, _ = steer()
    assert steering.ordered("unkick", {}) is False
    assert room.out == []


def test_an_announcement_is_one_frame() -> None:
    """Nobody would hear what the operator says."""
    steering, _, outbox, _ = steer()
    steering.announce("maintenance")
    batch = outbox.take()
    [payload] = payloads(batch["frames"])
    assert payload.startswith(b'{"sender":"system","action":"chat","contents":"maintenance",')
