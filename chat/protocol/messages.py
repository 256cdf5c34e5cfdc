"""The messages of a wschat room: reading a member's, writing the server's, and the close codes."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

SYSTEM: Final = "system"


class Action(StrEnum):
    """What a message tells."""

    CONNECT = "connect"
    CHAT = "chat"
    DISCONNECT = "disconnect"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CloseCode:
    """A reason to close a connection, and whether its client should come back."""

    code: int
    come_back: bool
    meaning: str


NORMAL: Final = CloseCode(1000, come_back=True, meaning="the client left")
VIOLATION: Final = CloseCode(1002, come_back=False, meaning="violation of RFC 6455")
UNSUPPORTED: Final = CloseCode(1003, come_back=False, meaning="binary message")
BAD_MESSAGE: Final = CloseCode(1007, come_back=False, meaning="bad message")
TOO_BIG: Final = CloseCode(1009, come_back=False, meaning="message too big")
FAILED: Final = CloseCode(1011, come_back=True, meaning="the server failed")
ABNORMAL: Final = CloseCode(1006, come_back=True, meaning="the connection was lost")
RESTART: Final = CloseCode(1012, come_back=True, meaning="the server restarts")
TRY_LATER: Final = CloseCode(1013, come_back=True, meaning="no room at the moment")
KICKED: Final = CloseCode(4001, come_back=False, meaning="kicked")
BANNED: Final = CloseCode(4002, come_back=False, meaning="banned")
TOO_SLOW: Final = CloseCode(4003, come_back=True, meaning="reads too slowly")

CLOSE_CODES: Final = (
    NORMAL,
    VIOLATION,
    UNSUPPORTED,
    BAD_MESSAGE,
    TOO_BIG,
    FAILED,
    RESTART,
    TRY_LATER,
    KICKED,
    BANNED,
    TOO_SLOW,
)


_BY_NUMBER = {entry.code: entry for entry in CLOSE_CODES}


def close_code(number: int) -> CloseCode:
    """Return the entry of the table; KeyError if there is none."""
    return _BY_NUMBER[number]


class Message(msgspec.Struct, frozen=True):
    """A message as the server sends it; the fields go out in this order.

    `timestamp` is in whole seconds since 1970, UTC.
    """

    sender: str
    action: str
    contents: str
    timestamp: int


class ProtocolError(ValueError):
    """A message that costs its sender the connection; the text says what was got and expected."""

    def __init__(self, reason: str, close: CloseCode = BAD_MESSAGE) -> None:
        super().__init__(reason)
        self.close = close


class _Incoming(msgspec.Struct):
    contents: str
    sender: str | None = None
    action: str | None = None
    timestamp: msgspec.Raw = msgspec.Raw(b"null")


_decode = msgspec.json.Decoder(_Incoming).decode
_encode = msgspec.json.Encoder().encode

# A JSON number that is not negative; minus zero is not.
_NUMBER = re.compile(rb"\d[\d.eE+-]*|-0(\.0+)?([eE][+-]?\d+)?")
_TYPE_MISMATCH = re.compile(r"Expected `(.+)`, got `(\w+)`(?: - at `\$\.(\w+)`)?")
_JSON_TYPES = {"str": "a string", "int": "a number", "float": "a number", "bool": "a boolean"}
_JSON_TYPES |= {"array": "an array", "object": "an object"}


def encode(sender: str, action: Action, contents: str, timestamp: int | None = None) -> bytes:
    """Write a message as the UTF-8 bytes of its JSON, stamped now unless a time is given.

    `contents` has no lone surrogates: nothing that `parse_chat` returned has.
    """
    stamp = int(time.time()) if timestamp is None else timestamp
    # A plain string: of an enum the encoder takes 0.4 µs longer, a third of the whole.
    return _encode(Message(sender, action.value, contents, stamp))


def chat_opening(sender: str) -> bytes:
    """Return what all chats of a member begin with, up to their contents."""
    return encode(sender, Action.CHAT, "", 0).partition(b'""')[0]


def encode_chat(opening: bytes, contents: str, timestamp: int) -> bytes:
    """Write a chat behind its sender's opening, as `encode` does, in half the time."""
    return b'%b%b,"timestamp":%d}' % (opening, _encode(contents), timestamp)


def parse_chat(text: str | bytes, most: int) -> str:
    """Return the contents of a member's chat message.

    Args:
        text: the message, as text or as UTF-8 bytes.
        most: the longest message allowed, in bytes.

    Raises:
        ProtocolError: the message is anything else than a chat, or too long.

    """
    _check_size(text, most)
    try:
        if isinstance(text, bytes) and not text.isascii():
            text.decode()  # the decoder does not look at the bytes of what it skips
        incoming = _decode(text)
    except msgspec.ValidationError as error:
        raise ProtocolError(_mismatch(str(error))) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ProtocolError(f"got text that is not JSON ({error}), {_EXPECTED}") from None
    except RecursionError:
        raise ProtocolError(f"got JSON that is nested too deeply, {_EXPECTED}") from None
    if incoming.action is not None and incoming.action != _CHAT:
        raise ProtocolError(f'got action {_quote(incoming.action)}, expected "chat"')
    if incoming.timestamp != _NULL and not (stamp := bytes(incoming.timestamp)).isdigit():
        _check_timestamp(stamp)
    return incoming.contents


def binary_message() -> ProtocolError:
    """Return the error for a binary message."""
    return ProtocolError(f"got a binary message, {_EXPECTED}", UNSUPPORTED)


_NULL = msgspec.Raw(b"null")
_CHAT = Action.CHAT.value
_EXPECTED = 'expected a JSON object such as {"contents":"hello"}'


def _check_size(text: str | bytes, most: int) -> None:
    size = len(text)
    if isinstance(text, str) and size <= most and not text.isascii():
        size = len(text.encode("utf-8", "surrogatepass"))
    if size > most:
        raise ProtocolError(f"got a message of {size} bytes, expected at most {most}", TOO_BIG)


def _check_timestamp(raw: bytes) -> None:
    if raw.startswith(b'"'):
        digits = msgspec.json.decode(raw)
        fits = digits.isascii() and digits.isdigit()
    else:
        fits = _NUMBER.fullmatch(raw) is not None
    if not fits:
        got = _quote(raw.decode())
        raise ProtocolError(f"got timestamp {got}, expected a number from 0 or a string of digits")


def _mismatch(reason: str) -> str:
    match = _TYPE_MISMATCH.match(reason)
    if match is None:
        return "got an object without contents, expected a string as contents"
    got = _JSON_TYPES.get(match[2], match[2])
    if match[3] is None:
        return f"got {got}, {_EXPECTED}"
    expected = "a string" if match[3] == "contents" else "a string or null"
    return f"got {got} as {match[3]}, expected {expected}"


def _quote(text: str) -> str:
    """Show a value that a client sent, at most 40 characters of it."""
    shown = text if len(text) <= 40 else text[:40] + "…"
    return _encode(shown).decode()
