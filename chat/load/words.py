r"""The four fields of a message, found in its bytes without decoding them.

A quote within a JSON string is written ``\"``, so ``"sender":`` with two bare quotes is a field
wherever it stands, in whatever order and with whatever spaces a server writes its fields.
"""

import re
from typing import NamedTuple

_USUAL = re.compile(rb'\{\s*"sender"\s*:\s*"([^"]*)"\s*,\s*"action"\s*:\s*"(\w*)"')
_SENDER = re.compile(rb'"sender"\s*:\s*"([^"]*)"')
_ACTION = re.compile(rb'"action"\s*:\s*"(\w*)"')
_CONTENTS = re.compile(rb'"contents"\s*:\s*"((?:[^"\\]|\\.)*)"')


class Words(NamedTuple):
    """Who says what kind of thing."""

    sender: bytes
    action: bytes


def read_words(data: bytes | bytearray, start: int, end: int) -> Words | None:
    """Sender and action of the message at ``data[start:end]``, or None if it has none."""
    usual = _USUAL.match(data, start, end)
    if usual is not None:
        return Words(usual[1], usual[2])
    sender, action = _SENDER.search(data, start, end), _ACTION.search(data, start, end)
    if sender is None or action is None:
        return None
    return Words(sender[1], action[1])


def read_contents(data: bytes | bytearray, start: int, end: int) -> bytes:
    """Return the contents of the message at ``data[start:end]`` as on the wire, or nothing."""
    found = _CONTENTS.search(data, start, end)
    return found[1] if found else b""
