from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.people import Person


def test_people_look_different_and_always_alike(page: Person) -> None:
    """People could not be told apart: ids get hues all around, and pictures of their own."""
    ids = [str(uuid.UUID(int=number << 64 | 0x8000 << 48)) for number in range(300)]
    script = "({ hue, identicon }, ids) => ids.map((id) => [hue(id), identicon(id)])"
    looks = page.import_and("people/person.js", script, ids)
    assert looks == page.import_and("people/person.js", script, ids)
    assert {hue // 30 for hue, _ in looks} == set(range(12))
    assert len({picture for _, picture in looks}) > 250
    assert all(picture.startswith("M") for _, picture in looks)


def test_any_sender_has_a_look(page: Person) -> None:
    """A server with other ids than UUIDs would break the log."""
    drawn = "({ identicon }, id) => identicon(id) !== ''"
    named = "({ names }, id) => names.short(id)"
    for sender, name in (("", "????"), ("bob", "bob")):
        assert page.import_and("people/person.js", drawn, sender)
        assert page.import_and("room/names.js", named, sender) == name
