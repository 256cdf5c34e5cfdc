from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.protocol.messages import (
    ABNORMAL,
    BAD_MESSAGE,
    CLOSE_CODES,
    SYSTEM,
    TOO_BIG,
    UNSUPPORTED,
    Action,
    CloseCode,
    ProtocolError,
    binary_message,
    chat_opening,
    close_code,
    encode,
    encode_chat,
    parse_chat,
)
from wschat_tools.conformance.bad_texts import BAD as BAD_TEXTS
from wschat_tools.conformance.bad_texts import WORDS
from wschat_tools.conformance.checks.chatting import CONTENTS, FORMS

MOST = 64 * 1024

# Over sockets these are checked with all other rules; here, without a server and with more kinds.
GOOD = {
    **{name: (text, WORDS) for name, (text, _, _) in FORMS.items()},
    **{name: (json.dumps({"contents": text}), text) for name, text in CONTENTS.items()},
    "empty string": ('{"contents":""}', ""),
    "escaped U+0000": (r'{"contents":"a\u0000b"}', "a\0b"),
    "astral character": ('{"contents":"😀"}', "😀"),
    "escaped surrogate pair": (r'{"contents":"\ud83d\ude00"}', "😀"),
    "noncharacter": ('{"contents":"\uffff\ufeff"}', "\uffff\ufeff"),
}
BAD = {**BAD_TEXTS, "unencodable text": '{"contents":"\ud800"}'}


@pytest.mark.parametrize(("text", "contents"), GOOD.values(), ids=GOOD)
def test_takes_every_way_to_say_something(text: str, contents: str) -> None:
    """A client of the family that leaves out or adds fields could not talk."""
    assert parse_chat(text, MOST) == contents
    assert parse_chat(text.encode(), MOST) == contents


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_refuses_everything_else(text: str) -> None:
    """A bad message would reach the room, or stop the server's reading with an exception."""
    with pytest.raises(ProtocolError) as caught:
        parse_chat(text, MOST)
    assert caught.value.close == BAD_MESSAGE
    if text != BAD["unencodable text"]:
        with pytest.raises(ProtocolError):
            parse_chat(text.encode(), MOST)


@pytest.mark.parametrize(
    "text",
    [
        b'{"contents":"\xff"}',
        b'{"contents":"\xed\xa0\x80"}',
        b'{"contents":"hi","sender":"\xff"}',
        b'{"contents":"hi","timestamp":"\xff"}',
        b'{"contents":"hi","more":"\xff"}',
        b'{"contents":"hi","\xff":1}',
        b'{"contents":"hi"}\xff',
    ],
)
def test_refuses_bytes_that_are_not_utf8(text: bytes) -> None:
    """A text frame that is no text would be taken on the fast path, or end it with an exception."""
    with pytest.raises(ProtocolError) as caught:
        parse_chat(text, MOST)
    assert caught.value.close == BAD_MESSAGE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", 'got an array, expected a JSON object such as {"contents":"hello"}'),
        ("{}", "got an object without contents, expected a string as contents"),
        ('"hi"', 'got a string, expected a JSON object such as {"contents":"hello"}'),
        ("1.5", 'got a number, expected a JSON object such as {"contents":"hello"}'),
        ('{"contents":5}', "got a number as contents, expected a string"),
        ('{"contents":5.5}', "got a number as contents, expected a string"),
        ('{"contents":[]}', "got an array as contents, expected a string"),
        ('{"contents":true}', "got a boolean as contents, expected a string"),
        ('{"contents":null}', "got null as contents, expected a string"),
        ('{"contents":"","sender":{}}', "got an object as sender, expected a string or null"),
        ('{"contents":"","action":"shout"}', 'got action "shout", expected "chat"'),
        (
            '{"contents":"","timestamp":-5}',
            'got timestamp "-5", expected a number from 0 or a string of digits',
        ),
    ],
)
def test_says_what_was_got_and_what_is_expected(text: str, reason: str) -> None:
    """The author of a client could not tell what to mend."""
    with pytest.raises(ProtocolError) as caught:
        parse_chat(text, MOST)
    assert str(caught.value) == reason


def test_shows_little_of_a_long_value() -> None:
    """A client could make the server send it (and log) its own junk back."""
    cut = "x" * 40 + "…"
    for action, shown in [("x" * 40, "x" * 40), ("x" * 41, cut), ("x" * 60000, cut)]:
        with pytest.raises(ProtocolError) as caught:
            parse_chat(json.dumps({"contents": "", "action": action}), MOST)
        assert str(caught.value) == f'got action "{shown}", expected "chat"'


def test_says_why_it_cannot_be_read() -> None:
    """The author of a client would search for a message that is right, and not for a comma."""
    expected = ', expected a JSON object such as {"contents":"hello"}'
    with pytest.raises(ProtocolError) as caught:
        parse_chat('{"contents":"hi",}', MOST)
    assert str(caught.value).startswith("got text that is not JSON (JSON is malformed: ")
    assert str(caught.value).endswith(f"){expected}")
    with pytest.raises(ProtocolError) as caught:
        parse_chat('{"contents":"","more":' + "[" * 20_000, MOST)
    assert str(caught.value) == f"got JSON that is nested too deeply{expected}"
    with pytest.raises(ProtocolError) as caught:
        parse_chat('{"contents":"hello"}', 19)
    assert str(caught.value) == "got a message of 20 bytes, expected at most 19"


def test_as_many_characters_as_bytes_are_allowed_may_be_too_many_bytes() -> None:
    """Whoever writes Cyrillic could say twice as much as the operator allows."""
    text = '{"contents":"' + "д" * 100 + '"}'
    with pytest.raises(ProtocolError) as caught:
        parse_chat(text, len(text))
    assert caught.value.close == TOO_BIG


@pytest.mark.parametrize("character", ["a", "é", "€", "😀"])
def test_counts_the_bytes_and_not_the_characters(character: str) -> None:
    """The limit that an operator sets would be another one for every language."""
    size = len(character.encode())
    around = len('{"contents":""}')
    fits = f'{{"contents":"{character * 100}"}}'
    for text in (fits, fits.encode()):
        assert parse_chat(text, around + 100 * size) == character * 100
        with pytest.raises(ProtocolError) as caught:
            parse_chat(text, around + 100 * size - 1)
        assert caught.value.close == TOO_BIG
        assert str(around + 100 * size) in str(caught.value)


def test_a_binary_message_has_its_own_code() -> None:
    """A client that sends binary frames could not tell why it is cut off."""
    assert binary_message().close == UNSUPPORTED
    assert str(binary_message()) == (
        'got a binary message, expected a JSON object such as {"contents":"hello"}'
    )


def test_a_close_code_is_found_by_its_number() -> None:
    """A kick that comes from another process would end in an exception, and do nothing."""
    assert [close_code(entry.code) for entry in CLOSE_CODES] == list(CLOSE_CODES)
    with pytest.raises(KeyError):
        close_code(4999)


def test_a_lost_connection_is_what_browsers_call_it() -> None:
    """The operator's list would show another code for it than every client does, or a reason."""
    assert CloseCode(1006, come_back=True, meaning="the connection was lost") == ABNORMAL
    assert ABNORMAL not in CLOSE_CODES


def test_writes_the_fields_in_the_protocol_s_order() -> None:
    """Clients that compare bytes, or show the text as it is, would see another protocol."""
    message = encode("someone", Action.CHAT, 'é "😀" \0', 7)
    assert message.decode() == (
        '{"sender":"someone","action":"chat","contents":"é \\"😀\\" \\u0000","timestamp":7}'
    )


def test_stamps_with_whole_seconds_of_now() -> None:
    """Members would see the wrong time beside a message."""
    before = int(time.time())
    stamp = json.loads(encode("a", Action.CHAT, "b"))["timestamp"]
    assert type(stamp) is int
    assert before <= stamp <= int(time.time())


def test_the_words_are_those_of_the_family() -> None:
    """Clients written for other servers would take every message for one that they do not know."""
    assert [SYSTEM, *Action] == ["system", "connect", "chat", "disconnect", "error"]


def test_every_close_code_is_one_that_may_be_sent() -> None:
    """Browsers would show 1006, or two reasons would be the same code."""
    codes = [close.code for close in CLOSE_CODES]
    assert len(set(codes)) == len(codes)
    assert not {1004, 1005, 1006, 1015} & set(codes)
    assert all(1000 <= code <= 1014 or 4000 <= code <= 4999 for code in codes)
    assert all(len(close.meaning.encode()) <= 123 for close in CLOSE_CODES)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _expected(text: str) -> str | None:
    """Return what the rules say, by the standard library's reader: the contents, or None."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    value = json.loads(text, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode()  # UnicodeError where a surrogate is alone
    if not isinstance(value, dict) or not isinstance(value.get("contents"), str):
        return None
    sender, action, timestamp = (value.get(name) for name in ("sender", "action", "timestamp"))
    if not (sender is None or isinstance(sender, str)) or action not in (None, "chat"):
        return None
    if isinstance(timestamp, str):
        fits = timestamp.isascii() and timestamp.isdigit()
    else:
        fits = timestamp is None or (_is_number(timestamp) and timestamp >= 0)
    return value["contents"] if fits else None


_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_texts = st.text() | st.sampled_from(["chat", "connect", "", "12", "-1", "\ud800", "\0", "😀"])
_json = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)
_messages = st.fixed_dictionaries(
    {},
    optional={
        "contents": _texts | _json,
        "sender": _texts | _json,
        "action": st.just("chat") | _json,
        "timestamp": _numbers | _texts | _json,
        "other": _json,
    },
)


@given(_messages | _json, st.booleans())
@example({"contents": "a", "timestamp": -0.0}, True)
def test_agrees_with_the_rules_on_every_json_value(value: Any, escaped: bool) -> None:
    """Some clients would be cut off for messages that are right, others let in with wrong ones."""
    text = json.dumps(value, ensure_ascii=escaped)
    try:
        expected = _expected(text)
    except UnicodeError:
        expected = None
    try:
        got = parse_chat(text, MOST)
    except ProtocolError:
        assert expected is None
    else:
        assert got == expected
        assert parse_chat(text.encode(), MOST) == expected


@st.composite
def _almost_json(draw: st.DrawFn) -> str:
    """Draw a message with one slip of the pen."""
    text = json.dumps(draw(_messages), ensure_ascii=draw(st.booleans()))
    position = draw(st.integers(0, len(text)))
    gone = draw(st.integers(0, 2))
    return text[:position] + draw(st.text(max_size=2)) + text[position + gone :]


@given(_almost_json() | st.text())
def test_takes_no_text_that_is_not_a_chat(text: str) -> None:
    """Any text that is not quite JSON would end a reader with an exception, or be sent to all."""
    try:
        got = parse_chat(text, MOST)
    except ProtocolError as error:
        assert str(error)  # noqa: PT017 - any text at all may be refused
    else:
        assert got == _expected(text)


@given(st.binary() | _almost_json().map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b'{"contents":"a","timestamp":"\xff"}')
def test_takes_no_bytes_that_are_not_a_chat(data: bytes) -> None:
    """Any bytes in a frame would end the fast path with an exception, or be sent to all."""
    try:
        got = parse_chat(data, MOST)
    except ProtocolError as error:
        assert encode("system", Action.ERROR, str(error))  # noqa: PT017 - any bytes may be refused
    else:
        assert got == _expected(data.decode())


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 2**53))
def test_what_is_written_is_json_that_says_the_same(contents: str, timestamp: int) -> None:
    """Members would hear something else than what was said."""
    message = encode("someone", Action.CHAT, contents, timestamp)
    assert json.loads(message) == {
        "sender": "someone",
        "action": "chat",
        "contents": contents,
        "timestamp": timestamp,
    }


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 2**40))
def test_a_chat_behind_its_opening_is_the_message_itself(contents: str, timestamp: int) -> None:
    """Chats would differ from what `encode` writes, and from the frames that history gives."""
    opening = chat_opening("7670a870-11cb")
    expected = encode("7670a870-11cb", Action.CHAT, contents, timestamp)
    assert encode_chat(opening, contents, timestamp) == expected
