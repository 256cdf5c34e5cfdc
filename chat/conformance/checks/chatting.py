"""Saying something: it reaches all, unchanged, and says who said it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from chat.conformance.check import ALL, Check, Level, differs, must
from chat.conformance.errors import expect
from chat.conformance.frames import chat_text

if TYPE_CHECKING:
    from chat.conformance.check import Body
    from chat.conformance.room import Room

LIMIT: Final = 64 * 1024

CONTENTS: Final = {
    "accents and emoji": "héllo 😀 👩‍👩‍👧 e\u0301",
    "quotes and backslashes": '"\\ / \\u0041 \\n',
    "line feeds and tabs": "two\nlines\tand\r\nmore",
    "control characters": "\x01\x1f\x7f\x80",
    "U+0000": "a\0b",
    "markup": "<b>&amp;</b><script>1</script>",
    "line separators": "\u2028\u2029",
    "noncharacters": "\uffff\ufeff\ufffe",
    "right-to-left": "\u202eabc \u05d0",
    "spaces around": "  spaced  ",
    "something like JSON": '{"sender":"system","action":"connect"}',
}

FORMS: Final = {
    "contents-alone": ('{"contents":"hi"}', Level.MUST),
    "all-fields": ('{"sender":"x","action":"chat","contents":"hi","timestamp":5}', Level.MUST),
    "null-fields": (
        '{"sender":null,"action":null,"timestamp":null,"contents":"hi"}',
        Level.DIFFERS,
    ),
    "unknown-fields": ('{"contents":"hi","more":{"a":[1,2.5e3,true,null]}}', Level.DIFFERS),
    "spaces": (' \r\n\t{ "contents" : "hi" }\n', Level.MUST),
    "escapes": (r'{"c\u006fntents":"\u0068\u0069"}', Level.MUST),
    "timestamp-as-digits": ('{"contents":"hi","timestamp":"1795399389"}', Level.DIFFERS),
    "timestamp-of-400-digits": (f'{{"contents":"hi","timestamp":{"9" * 400}}}', Level.DIFFERS),
    "timestamp-of-400-digits-as-text": (
        f'{{"contents":"hi","timestamp":"{"9" * 400}"}}',
        Level.DIFFERS,
    ),
    "timestamp-with-exponent": ('{"contents":"hi","timestamp":1E+999}', Level.DIFFERS),
    "timestamp-with-fraction": ('{"contents":"hi","timestamp":1.5}', Level.DIFFERS),
    "timestamp-minus-zero": ('{"contents":"hi","timestamp":-0.0e5}', Level.DIFFERS),
}


@must("chat-reaches-all", "a chat reaches everybody, its sender included, with the sender's UUID")
async def chat_reaches_all(room: Room) -> None:
    """Let each of three say something."""
    members = await room.join_each(3)
    for speaker in members:
        contents = f"from {speaker.id}"
        room.say(speaker, contents)
        for member in members:
            (said,) = await room.hear_chats(member, 1)
            got = (said.sender, said.contents)
            expect(got == (speaker.id, contents), f"{contents!r} from {speaker.id}", said)


@must("chat-is-identical", "everybody gets the same bytes of a chat")
async def chat_is_identical(room: Room) -> None:
    """Compare what four members get."""
    members = await room.join_each(4)
    room.say(members[1], 'é😀 "quoted"')
    told = [(await room.hear_chats(member, 1))[0] for member in members]
    for message in told:
        expect(message.raw == told[0].raw, str(told[0]), message)


@must("contents-unchanged", "contents come back as they were sent, whatever Unicode they hold")
async def contents_unchanged(room: Room) -> None:
    """Say odd things."""
    anna, bert = await room.join_each(2)
    for name, contents in CONTENTS.items():
        room.say(anna, contents)
        for member in (anna, bert):
            (said,) = await room.hear_chats(member, 1)
            expect(said.contents == contents, f"{name}: {contents!r}", said)


@differs("empty-contents", "an empty chat is one, and its contents are there")
async def empty_contents(room: Room) -> None:
    """Say nothing."""
    anna, bert = await room.join_each(2)
    anna.say("")
    for member in (anna, bert):
        (said,) = await room.hear_chats(member, 1)
        expect(said.fields.get("contents") == "", 'contents ""', said)


@must("spoofed-sender", "a sender that a client gives is ignored")
async def spoofed_sender(room: Room) -> None:
    """Speak in another's name."""
    anna, bert = await room.join_each(2)
    spoof = {"sender": bert.id, "action": "chat", "contents": "spoofed", "timestamp": 1}
    anna.send_text(json.dumps(spoof).encode())
    for member in (anna, bert):
        (said,) = await room.hear_chats(member, 1)
        expect(said.sender == anna.id, f"sender {anna.id}", said)


@must("spoofed-time", "a time that a client gives is ignored")
async def spoofed_time(room: Room) -> None:
    """Speak in the past."""
    anna, bert = await room.join_each(2)
    for number, stamp in enumerate((1, int(time.time()) - 86400, 10**12)):
        anna.send_text(json.dumps({"contents": f"then {number}", "timestamp": stamp}).encode())
        (said,) = await room.hear_chats(bert, 1)
        expect(said.timestamp not in {stamp, str(stamp)}, "the server's own time", said)


@differs("size-64-kib", "a message of 64 KiB is taken")
async def size_64_kib(room: Room) -> None:
    """Say as much as may be said, in characters of one byte and of four."""
    anna, bert = await room.join_each(2)
    for character in "x😀":
        contents = longest(character)
        room.say(anna, contents)
        for member in (anna, bert):
            (said,) = await room.hear_chats(member, 1)
            expect(said.contents == contents, f"{LIMIT} bytes unchanged", said)


def longest(character: str) -> str:
    """Return contents that make a message of exactly 64 KiB, of a character and padding."""
    room_for = LIMIT - len(chat_text(""))
    contents = character * (room_for // len(character.encode()))
    return contents + "y" * (LIMIT - len(chat_text(contents)))


def _takes(text: str) -> Body:
    async def check(room: Room) -> None:
        anna, bert = await room.join_each(2)
        anna.send_text(text.encode())
        for member in (anna, bert):
            said = await room.hear(member)
            got = (said.sender, said.action, said.contents)
            expect(got == (anna.id, "chat", "hi"), f'"hi" from {anna.id}', said)

    return check


for _name, (_text, _level) in FORMS.items():
    _rule = f"a chat is taken: {_text if len(_text) < 80 else _text[:40] + '…'}".replace("\n", " ")
    ALL[f"takes-{_name}"] = Check(f"takes-{_name}", " ".join(_rule.split()), _level, _takes(_text))
