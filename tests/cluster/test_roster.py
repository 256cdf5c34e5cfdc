from __future__ import annotations

from typing import Any

from chat.cluster.roster import Rosters


def batch(process: str, joins: str = "", leaves: str = "", **more: Any) -> dict[str, Any]:
    """Return what a batch tells of people, one letter each."""
    return {"process": process, "joins": [(0, who) for who in joins], "leaves": [*leaves], **more}


def test_knows_who_is_where() -> None:
    """Nobody could announce the members of a process that died with Redis."""
    rosters = Rosters()
    rosters.reset({"p": {"a"}})
    rosters.note(batch("p", joins="bc", leaves="a"))
    rosters.note(batch("q", joins="d"))
    assert rosters.known() == {"p": {"b", "c"}, "q": {"d"}}


def test_forgets_the_empty_and_the_buried() -> None:
    """The dead would be announced again and again."""
    rosters = Rosters()
    rosters.note(batch("p", joins="ab"))
    rosters.note(batch("q", joins="c"))
    rosters.note(batch("q", leaves="c"))
    assert rosters.known() == {"p": {"a", "b"}}
    rosters.note(batch("q", leaves="ab", buried="p"))
    assert rosters.known() == {}


def test_begins_anew_with_what_it_is_told() -> None:
    """Members who left during an outage would be announced again and again."""
    rosters = Rosters()
    rosters.note(batch("p", joins="a"))
    told = {"q": {"b"}}
    rosters.reset(told)
    rosters.note(batch("q", joins="c"))
    assert rosters.known() == {"q": {"b", "c"}}
    assert told == {"q": {"b"}}
