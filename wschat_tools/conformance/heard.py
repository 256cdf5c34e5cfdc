"""A message from a server, read leniently: what is wrong with it is for a check to say."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from wschat_tools.conformance.errors import UnframedError, shown

FIELDS = ("sender", "action", "contents", "timestamp")


@dataclass(frozen=True, slots=True, repr=False)
class Heard:
    """One message: the text fields ("" if left out), all fields as they came, and the bytes."""

    sender: str
    action: str
    contents: str
    fields: dict[str, Any] = field(hash=False)
    raw: bytes

    @property
    def timestamp(self) -> Any:
        """The time as it came; None if there is none."""
        return self.fields.get("timestamp")

    @property
    def is_leave(self) -> bool:
        """Whether it tells that somebody left, however that is spelled."""
        return self.action.startswith("dis")

    def says(self, words: str) -> bool:
        """Whether its contents are these words, whatever a server makes of cases and spaces.

        That it makes anything of them is for one check to find, and not for all.
        """
        return bare(self.contents) == bare(words)

    def __repr__(self) -> str:
        return _cut(self.raw)


def read(payload: bytes) -> Heard:
    """Read the payload of a text message.

    Raises:
        UnframedError: it is not UTF-8, not JSON, or not an object.

    """
    try:
        fields = json.loads(payload.decode())
    except (ValueError, RecursionError):
        raise UnframedError(f"text that is not JSON: {_cut(payload)}") from None
    if not isinstance(fields, dict):
        raise UnframedError(f"JSON that is not an object: {_cut(payload)}")
    sender, action, contents = (_text(fields.get(name)) for name in FIELDS[:3])
    return Heard(sender, action, contents, fields, payload)


def bare(text: str) -> str:
    """Return letters and digits alone, without their case."""
    return "".join(filter(str.isalnum, text.casefold()))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _cut(payload: bytes) -> str:
    return shown(payload.decode("utf-8", "replace"))
