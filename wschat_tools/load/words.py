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


def read_words(frame: bytes, body: int) -> Words | None:
    """Sender and action of the message that starts at ``frame[body]``, or None if it has none."""
    usual = _USUAL.match(frame, body)
    if usual is not None:
        return Words(usual[1], usual[2])
    sender, action = _SENDER.search(frame, body), _ACTION.search(frame, body)
    if sender is None or action is None:
        return None
    return Words(sender[1], action[1])


def read_contents(frame: bytes, body: int) -> bytes:
    """Return the contents of the message that starts at ``frame[body]`` as on the wire, if any."""
    found = _CONTENTS.search(frame, body)
    return found[1] if found else b""
