from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.people import Person

    type_of_run = Callable[[str, Any], Any]


@pytest.mark.parametrize(
    ("timestamp", "milliseconds"),
    [
        ("1700000000", 1700000000000),
        ('"1700000000"', 1700000000000),
        ("1700000000123", 1700000000123),
        ("1700000000123456", 1700000000123),
        ("1700000000123999999", 1700000000123),
        ('"1700000000123999999"', 1700000000123),
        ("18446744073709551615", 18446744073709),
        ("1700000000.9", 1700000000000),
        ("1.7e9", 1700000000000),
        ('" 1700000000 "', 1700000000000),
        ("0", None),
        ("-5", None),
        ("null", None),
        ('""', None),
        ('"soon"', None),
        ("[1]", None),
        ('"99999999999999999999999999"', None),
    ],
)
def test_times(timestamp: str, milliseconds: int | None, page: Person) -> None:
    """Messages of another server would show a wrong time: every unit and spelling is understood."""
    text = f'{{"sender":"a","action":"chat","contents":"b","timestamp":{timestamp}}}'
    parsed = page.import_and("connection/protocol.js", "({ parse }, text) => parse(text)", text)
    assert parsed["at"] == milliseconds


def test_no_digit_is_lost(page: Person) -> None:
    """JSON's numbers end at 2^53: the last digit of a nanosecond count decides a millisecond."""
    # As a double this is ….124000000.
    text = '{"timestamp": 1700000000123999999, "contents": "\\"timestamp\\": 1700000000123999999"}'
    parsed = page.import_and("connection/protocol.js", "({ parse }, text) => parse(text)", text)
    assert parsed["at"] == 1700000000123
    assert parsed["contents"] == '"timestamp": 1700000000123999999'


@pytest.mark.parametrize(
    ("text", "action", "contents"),
    [
        ('{"contents":"a"}', "chat", "a"),
        ('{"action":"chat"}', "chat", ""),
        ('{"action":"discconnect","contents":"a"}', "disconnect", "a"),
        ('{"action":"Connect","contents":"a"}', "connect", "a"),
        ('{"action":"error"}', "error", ""),
        ('{"action":"dance","contents":"a"}', "unknown", "a"),
        ('{"sender":"system","contents":"a"}', "unknown", "a"),
        ('{"contents":5}', "chat", "5"),
        ('{"contents":null}', "chat", ""),
        ("hello", "unknown", "hello"),
        ("", "unknown", ""),
        ("[]", "unknown", "[]"),
        ("null", "unknown", "null"),
    ],
)
def test_messages(text: str, action: str, contents: str, page: Person) -> None:
    """A message of another server would break the page: whatever comes is read sensibly."""
    parsed = page.import_and("connection/protocol.js", "({ parse }, text) => parse(text)", text)
    assert (parsed["action"], parsed["contents"]) == (action, contents)


def test_written_messages(page: Person) -> None:
    """Strict servers would refuse what is said: all fields are there, well formed."""
    written = page.import_and(
        "connection/protocol.js", "({ encode }) => encode('a\\ud800b', 'me', 1700000000999)"
    )
    assert json.loads(written) == {
        "sender": "me",
        "action": "chat",
        "contents": "a\ufffdb",
        "timestamp": 1700000000,
    }
