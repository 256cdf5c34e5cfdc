"""Bad messages: an error, then the end of the connection, and nothing of it for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chat.conformance.check import ALL, Check, Level, differs, must
from chat.conformance.errors import ClosedError, Difference, expect
from chat.conformance.frames import BINARY, chat_frame, chat_text, client_frame
from chat.protocol import BAD_MESSAGE, TOO_BIG, UNSUPPORTED

if TYPE_CHECKING:
    from chat.conformance.check import Body
    from chat.conformance.connection import Connection
    from chat.conformance.heard import Heard
    from chat.conformance.room import Room

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


async def hear_expulsion(room: Room, member: Connection) -> tuple[list[Heard], int | None]:
    """Return what a member hears up to the end of its connection, and the code of that.

    Raises:
        Difference: it is let on to chat.

    """
    heard: list[Heard] = []
    while True:
        try:
            message = await room.hear(member)
        except ClosedError as end:
            return heard, end.code
        if message.sender == member.id:
            raise Difference("the end of the connection", f"a broadcast of its words: {message}")
        heard.append(message)


async def check_silence(room: Room, witness: Connection, expelled: Connection) -> None:
    """See that a witness hears of the leave, once, and nothing else."""
    told = await room.hear(witness)
    is_it = told.is_leave and told.contents == expelled.id
    expect(is_it, f"the disconnect of {expelled.id}", told)
    more = await room.more(witness, witness)
    expect(not more, "nothing after the disconnect", ", ".join(map(str, more)))


def _refuses(data: bytes) -> Body:
    async def check(room: Room) -> None:
        anna, bert = await room.join_each(2)
        anna.send_text(data)
        room.say(anna, "after")
        await hear_expulsion(room, anna)
        await check_silence(room, bert, anna)

    return check


for _name, _text in BAD.items():
    ALL[f"refuses-{_name}"] = Check(
        f"refuses-{_name}",
        "a bad message ends the connection; the others hear one disconnect and nothing more",
        Level.MUST if _name in PLAIN else Level.DIFFERS,
        _refuses(_text.encode()),
    )


@must("nothing-after-a-bad-message", "what follows a bad message in one segment is not broadcast")
async def nothing_after_a_bad_message(room: Room) -> None:
    """Send a chat, a bad message and many chats in one write."""
    anna, bert = await room.join_each(2)
    anna.send_raw(chat_frame("before") + client_frame(b"hello") + chat_frame("after") * 50)
    told = await room.hear(bert)
    expect(told.contents == "before", '"before"', told)
    await check_silence(room, bert, anna)


@differs("error-before-close", "the sender of a bad message gets one error that says why")
async def error_before_close(room: Room) -> None:
    """Send each kind of bad message."""
    without: list[str] = []
    for name, text in BAD.items():
        anna = await room.join()
        anna.send_text(text.encode())
        room.say(anna, "after")
        try:
            heard, _ = await hear_expulsion(room, anna)
        except Difference:
            heard = []
        actions = [(message.sender, message.action) for message in heard if message.contents]
        if actions != [("system", "error")]:
            without.append(name)
    expect(not without, "one error from system for each bad message", f"none for {len(without)} "
           f"of {len(BAD)} kinds: {', '.join(without)}")  # fmt: skip


@differs("close-1007", "a bad message is answered with close code 1007")
async def close_1007(room: Room) -> None:
    """Send each kind of bad message."""
    other: dict[str, int | str | None] = {}
    for name, text in BAD.items():
        anna = await room.join()
        anna.send_text(text.encode())
        room.say(anna, "after")
        try:
            _, code = await hear_expulsion(room, anna)
        except Difference:
            other[name] = "open"
            continue
        if code != BAD_MESSAGE.code:
            other[name] = code
    codes = sorted({str(code) for code in other.values()})
    text = f"{', '.join(codes)} for {len(other)} of {len(BAD)} kinds: {', '.join(other)}"
    expect(not other, "close code 1007 for each bad message", text)


@must("closes-after-an-error", "an error is the last message of a connection")
async def closes_after_an_error(room: Room) -> None:
    """Send what is no JSON, and go on chatting."""
    anna, bert = await room.join_each(2)
    anna.send_text(b"hello")
    room.say(anna, "after")
    heard, _ = await hear_expulsion(room, anna)
    expect(len(heard) <= 1, "one error and nothing after it", ", ".join(map(str, heard)))
    await check_silence(room, bert, anna)


@differs("close-1003", "a binary message gets an error and close code 1003")
async def close_1003(room: Room) -> None:
    """Send a chat, and nothing, as a binary message."""
    for payload in (chat_text("binary"), b""):
        anna, bert = await room.join_each(2)
        anna.send_raw(client_frame(payload, BINARY) + chat_frame("after"))
        await _check_close(room, anna, bert, UNSUPPORTED.code)


@differs("close-1009", "a message over 64 KiB gets an error and close code 1009")
async def close_1009(room: Room) -> None:
    """Send a byte too many, and a mebibyte of two kinds."""
    around = len(chat_text(""))
    for text in (
        chat_text("x" * (LIMIT - around + 1)),
        chat_text("x" * (2**20 - around)),
        b"[" * 2**20,
    ):
        anna, bert = await room.join_each(2)
        anna.send_text(text)
        anna.say("after")
        await _check_close(room, anna, bert, TOO_BIG.code)


async def _check_close(room: Room, anna: Connection, bert: Connection, expected: int) -> None:
    heard, code = await hear_expulsion(room, anna)
    expect([m.action for m in heard] == ["error"], "one error", ", ".join(map(str, heard)))
    expect(code == expected, f"close code {expected}", f"close code {code}")
    await check_silence(room, bert, anna)
