from __future__ import annotations

from typing import Any

import pytest

from chat.cluster.batch import burial, check
from chat.protocol.frames import frame, payloads
from chat.protocol.messages import SYSTEM, Action, encode

CAME = frame(encode(SYSTEM, Action.CONNECT, "anna"))


def batch(**changed: Any) -> dict[str, Any]:
    return {
        "type": "room.batch", "at": 1.5, "count": 1, "frames": CAME, "joins": [(0, "anna")],
        "leaves": [], "controls": [("kick", {})], "process": "p", "number": 1, **changed,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{}, {"version": 1}, {"epoch": "e"}, {"buried": "q"}, {"joins": [(len(CAME) - 1, "anna")]}],
)
def test_takes_what_processes_send(changed: dict[str, Any]) -> None:
    """A process would pass over what another one says, and its members miss it."""
    assert check(batch(**changed)) == batch(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"version": 0},
        {"count": -1},
        {"number": -1},
        {"joins": [(-1, "anna")]},
        {"joins": [(len(CAME), "anna")]},
        {"joins": [(0, "anna"), (len(CAME) + 1, "bert")]},
        {"frames": "text"},
        {"leaves": [1]},
        {"process": None},
    ],
)
def test_what_cannot_be_read_is_empty(changed: dict[str, Any]) -> None:
    """One batch of another release, or of somebody else, would end the room of every process."""
    assert check(batch(**changed)) == {}


def test_another_event_is_somebody_else_s() -> None:
    """What is not known here could not be counted as such."""
    assert check({"type": "other", "at": "x"}) == {"type": "other", "at": "x"}
    assert check({}) == {}


def test_a_burial_has_all_members_leave() -> None:
    """Members of a process that died would stay in everybody's list for ever."""
    members = [f"member {number}" for number in range(2000)]
    buried = burial("q", members)
    assert (buried["buried"], buried["leaves"], buried["count"]) == ("q", members, 2000)
    first = next(iter(payloads(buried["frames"])))
    assert first.startswith(b'{"sender":"system","action":"disconnect","contents":"member 0",')
