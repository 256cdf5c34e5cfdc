"""Whose chat a frame is, however a server escapes it, and which of its chats."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from wschat_tools.load.speakers import NUMBER_DIGITS, TAG_DIGITS
from wschat_tools.load.words import read_contents

if TYPE_CHECKING:
    from wschat_tools.load.order import Order
    from wschat_tools.load.speakers import Speaker, Speakers

_TAGGED = TAG_DIGITS + NUMBER_DIGITS


class Found(NamedTuple):
    """A chat of one of our speakers: whose, its number, and where in its frame that stands."""

    speaker: Speaker
    number: int
    digits_at: int


class Recognition:
    """Knows unchanged contents in the form in which one server writes them, once it has seen it."""

    def __init__(self, speakers: Speakers) -> None:
        self._speakers = speakers
        self._forms: dict[bytes, Speaker] = {}

    def forget(self) -> None:
        """Forget all forms: other speakers speak from now on."""
        self._forms.clear()

    def read(self, frame: bytes, body: int) -> Found | None:
        """Return whose chat is in the frame whose payload starts at `body`, None if it is none."""
        contents = read_contents(frame, body)
        form, digits = contents[:TAG_DIGITS] + contents[_TAGGED:], contents[TAG_DIGITS:_TAGGED]
        speaker = self._forms.get(form) or self._learn(contents, form)
        if speaker is None or len(digits) < NUMBER_DIGITS or not digits.isdigit():
            return None
        return Found(speaker, int(digits), frame.index(contents, body) + TAG_DIGITS)

    def read_changed(self, sender: bytes, frame: bytes, body: int, order: Order) -> Found | None:
        """Return whose chat this is although it is not as it was said, None if it is a stranger's.

        It goes by the sender, or by how the contents begin where that is none of ours. If nothing
        tells the number, it is the one that is next in `order`.
        """
        contents = read_contents(frame, body)
        begins = contents[:TAG_DIGITS].decode("ascii", "replace")
        speaker = self._speakers.uuids.get(sender) or self._speakers.find(begins)
        if speaker is None:
            return None
        digits = re.search(rb"%s(\d{%d})" % (speaker.contents[0].encode(), NUMBER_DIGITS), contents)
        number = int(digits[1]) if digits else speaker.sent
        return Found(speaker, number if number < speaker.sent else order.up_to(speaker), 0)

    def _learn(self, contents: bytes, form: bytes) -> Speaker | None:
        """Return whose unchanged contents these are."""
        try:
            text = json.loads(b'"' + contents + b'"', strict=False)
            speaker = self._speakers.find(text)
            number = int(text[TAG_DIGITS:_TAGGED])
        except ValueError:
            return None
        if speaker is None or speaker.text(number) != text:
            return None
        self._forms[form] = speaker
        return speaker
