"""Texts that are no chat, by name."""

from __future__ import annotations

from typing import Final

LIMIT: Final = 64 * 1024

# What no server may take for a chat: the family's own text calls it a bad message.
PLAIN: Final = {
    "nothing": "",
    "words": "hello",
    "half-an-object": '{"contents":"hi"',
    "two-objects": '{"contents":"hi"}{"contents":"hi"}',
    "trailing-text": '{"contents":"hi"} x',
    "single-quotes": "{'contents':'hi'}",
    "string": '"hi"',
    "number": "5",
    "array": '[{"contents":"hi"}]',
    "number-as-contents": '{"contents":5}',
    "object-as-contents": '{"contents":{}}',
}
# What servers of the family are known to take.
FINE: Final = {
    "null": "null",
    "no-contents": "{}",
    "null-contents": '{"contents":null}',
    "bom": '\ufeff{"contents":"hi"}',
    "nan": '{"contents":"hi","timestamp":NaN}',
    "nan-in-unknown-field": '{"contents":"hi","more":NaN}',
    "infinity": '{"contents":"hi","timestamp":Infinity}',
    "trailing-comma": '{"contents":"hi",}',
    "raw-line-feed": '{"contents":"a\nb"}',
    "lone-surrogate": r'{"contents":"\ud800"}',
    "lone-low-surrogate": r'{"contents":"\udc00"}',
    "lone-surrogate-as-sender": r'{"contents":"hi","sender":"\ud800"}',
    "lone-surrogate-as-timestamp": r'{"contents":"hi","timestamp":"\ud800"}',
    "action-connect": '{"contents":"hi","action":"connect"}',
    "action-error": '{"contents":"hi","action":"error"}',
    "action-of-other-case": '{"contents":"hi","action":"Chat"}',
    "empty-action": '{"contents":"hi","action":""}',
    "number-as-action": '{"contents":"hi","action":1}',
    "number-as-sender": '{"contents":"hi","sender":1}',
    "array-as-sender": '{"contents":"hi","sender":[]}',
    "negative-timestamp": '{"contents":"hi","timestamp":-1}',
    "negative-timestamp-close-to-zero": '{"contents":"hi","timestamp":-1e-400}',
    "boolean-as-timestamp": '{"contents":"hi","timestamp":true}',
    "object-as-timestamp": '{"contents":"hi","timestamp":{}}',
    "empty-string-as-timestamp": '{"contents":"hi","timestamp":""}',
    "words-as-timestamp": '{"contents":"hi","timestamp":"soon"}',
    "signed-digits-as-timestamp": '{"contents":"hi","timestamp":"+5"}',
    "foreign-digits-as-timestamp": '{"contents":"hi","timestamp":"\u0665"}',
    "spaced-digits-as-timestamp": '{"contents":"hi","timestamp":" 5"}',
    "deep-nesting": '{"contents":"hi","more":' + "[" * 30000 + "]" * 30000 + "}",
    "64-kib-of-brackets": "[" * LIMIT,
    "64-kib-of-braces": '{"a":' * (LIMIT // 5),
}
BAD: Final = PLAIN | FINE
