"""Texts that are no chat, by name; all else about each is as every server takes it."""

from __future__ import annotations

from typing import Final

LIMIT: Final = 64 * 1024
# Distinct, so that nobody else in a room is likely to say it.
WORDS: Final = "words of a check"


def text(
    contents: str = f'"{WORDS}"',
    *,
    sender: str = '""',
    action: str = '"chat"',
    timestamp: str = "0",
    more: str = "",
) -> str:
    """Return a message in the fullest form, of JSON values written as they are."""
    fields = f'"sender":{sender},"action":{action},"contents":{contents},"timestamp":{timestamp}'
    return f"{{{fields}{more}}}"


# What no server may take for a chat: the family's own text calls it a bad message.
PLAIN: Final = {
    "nothing": "",
    "words": "hello",
    "half-an-object": text()[:-1],
    "two-objects": text() * 2,
    "trailing-text": text() + " x",
    "single-quotes": text().replace('"', "'"),
    "string": f'"{WORDS}"',
    "number": "5",
    "array": f"[{text()}]",
    "number-as-contents": text("5"),
    "object-as-contents": text("{}"),
}
# What servers of the family are known to take.
FINE: Final = {
    "null": "null",
    "no-contents": '{"sender":"","action":"chat","timestamp":0}',
    "null-contents": text("null"),
    "bom": "\ufeff" + text(),
    "nan": text(timestamp="NaN"),
    "nan-in-unknown-field": text(more=',"more":NaN'),
    "infinity": text(timestamp="Infinity"),
    "trailing-comma": text()[:-1] + ",}",
    "raw-line-feed": text('"a\nb"'),
    "lone-surrogate": text(r'"\ud800"'),
    "lone-low-surrogate": text(r'"\udc00"'),
    "lone-surrogate-as-sender": text(sender=r'"\ud800"'),
    "lone-surrogate-as-timestamp": text(timestamp=r'"\ud800"'),
    "action-connect": text(action='"connect"'),
    "action-error": text(action='"error"'),
    "action-of-other-case": text(action='"Chat"'),
    "unknown-action": text(action='"dance"'),
    "empty-action": text(action='""'),
    "number-as-action": text(action="1"),
    "number-as-sender": text(sender="1"),
    "array-as-sender": text(sender="[]"),
    "negative-timestamp": text(timestamp="-1"),
    "negative-timestamp-close-to-zero": text(timestamp="-1e-400"),
    "boolean-as-timestamp": text(timestamp="true"),
    "object-as-timestamp": text(timestamp="{}"),
    "empty-string-as-timestamp": text(timestamp='""'),
    "words-as-timestamp": text(timestamp='"soon"'),
    "signed-digits-as-timestamp": text(timestamp='"+5"'),
    "foreign-digits-as-timestamp": text(timestamp='"\u0665"'),
    "spaced-digits-as-timestamp": text(timestamp='" 5"'),
    "deep-nesting": text(more=',"more":' + "[" * 30000 + "]" * 30000),
    "64-kib-of-brackets": "[" * LIMIT,
    "64-kib-of-braces": '{"a":' * (LIMIT // 5),
}
BAD: Final = PLAIN | FINE
