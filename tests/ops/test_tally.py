from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from chat.config.conf import Conf
from chat.door.door import Door
from chat.ops.tally import Tally
from tests.fakes import fake_member


def test_counts_what_members_did_also_after_they_left() -> None:
    """The metrics would shrink with every leave, or count a member's messages twice."""
    members: dict[str, Any] = {}
    room: Any = SimpleNamespace(members=members)
    tally = Tally(room, Door(Conf()))
    assert (tally.joins, tally.messages, tally.bytes, dict(tally.leaves)) == (0, 0, 0, {})
    anna, bert, carl = (fake_member()[0] for _ in range(3))
    for member, messages in [(anna, 2), (bert, 3), (carl, 5)]:
        members[member.id] = member
        tally.joined(member)
        member.messages, member.bytes = messages, messages * 100
    assert (tally.joins, tally.messages, tally.bytes) == (3, 10, 1000)
    for member, code in [(anna, 1000), (bert, 1000), (carl, 1006)]:
        del members[member.id]
        tally.left(member, code, "")
    assert (tally.joins, tally.messages, tally.bytes) == (3, 10, 1000)
    assert tally.leaves == {1000: 2, 1006: 1}


def test_counts_who_was_sent_away_for_whatever_reason() -> None:
    """The operator's chart would show a quiet door while it is stormed."""
    door = Door(replace(Conf(), dry_run=("members",)))
    tally = Tally(SimpleNamespace(members={}), door)  # type: ignore[arg-type]
    assert tally.refused == 0
    for kind in ("members", "lockdown", "lockdown", "address"):
        door._counts(kind)
    assert tally.refused == 3
