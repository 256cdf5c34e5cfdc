"""Saying something: it reaches all, unchanged, and says who said it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from wschat_tools.conformance import texts
from wschat_tools.conformance.bad_texts import LIMIT, WORDS, text
from wschat_tools.conformance.check import CHAT, Check, Level, add, differs, must
from wschat_tools.conformance.errors import expect
from wschat_tools.conformance.frames import chat_text

if TYPE_CHECKING:
    from wschat_tools.conformance.check import Body
    from wschat_tools.conformance.room import Room

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

# What is taken for a chat: the text, how much hangs on it, and what of it is a check of its own.
FORMS: Final[dict[str, tuple[str, Level, tuple[str, ...]]]] = {
    "no-sender": (f'{{"action":"chat","contents":"{WORDS}","timestamp":0}}', Level.DIFFERS, ()),
    "no-action": (f'{{"sender":"","contents":"{WORDS}","timestamp":0}}', Level.MUST, ()),
    "no-timestamp": (f'{{"sender":"","action":"chat","contents":"{WORDS}"}}', Level.MUST, ()),
    "contents-alone": (
        f'{{"contents":"{WORDS}"}}',
        Level.DIFFERS,
        ("takes-no-sender", "takes-no-action", "takes-no-timestamp"),
    ),
    "all-fields": (text(sender='"x"', timestamp="5"), Level.MUST, ()),
    "keys-in-another-order": (
        f'{{"timestamp":0,"contents":"{WORDS}","action":"chat","sender":""}}',
        Level.MUST,
        (),
    ),
    "null-fields": (text(sender="null", action="null", timestamp="null"), Level.DIFFERS, ()),
    "unknown-fields": (text(more=',"more":{"a":[1,2.5e3,true,null]}'), Level.DIFFERS, ()),
    "spaces": (f" \r\n\t{text().replace(':', ' : ').replace(',', ' , ')}\n", Level.MUST, ()),
    "escapes": (
        text().replace("contents", r"c\u006fntents").replace("words", r"w\u006frds"),
        Level.MUST,
        (),
    ),
    "timestamp-as-digits": (text(timestamp='"1795399389"'), Level.DIFFERS, ()),
    "timestamp-of-400-digits": (text(timestamp="9" * 400), Level.DIFFERS, ()),
    "timestamp-of-400-digits-as-text": (text(timestamp=f'"{"9" * 400}"'), Level.DIFFERS, ()),
    "timestamp-with-exponent": (text(timestamp="1E+999"), Level.DIFFERS, ()),
    "timestamp-with-fraction": (text(timestamp="1.5"), Level.DIFFERS, ()),
    "timestamp-minus-zero": (text(timestamp="-0.0e5"), Level.DIFFERS, ()),
}


@must("chat-is-identical", "everybody gets the same bytes of a chat", texts.SEEN_BY_ALL)
async def chat_is_identical(room: Room) -> None:
    """Compare what four members get."""
    members = await room.join_each(4)
    room.say(members[1], 'é😀 "quoted"')
    told = [(await room.hear_chats(member))[0] for member in members]
    for message in told:
        expect(message.raw == told[0].raw, str(told[0]), message)


@must(
    "contents-unchanged",
    "contents come back as they were sent, whatever Unicode they hold",
    texts.SEEN_BY_ALL,
)
async def contents_unchanged(room: Room) -> None:
    """Say odd things."""
    anna, bert = await room.join_each(2)
    for name, contents in CONTENTS.items():
        room.say(anna, contents)
        for member in (anna, bert):
            (said,) = await room.hear_chats(member)
            expect(said.contents == contents, f"{name}: {contents!r}", said)


@differs("empty-contents", "an empty chat is one, and its contents are there", texts.FORMAT)
async def empty_contents(room: Room) -> None:
    """Say nothing."""
    anna, bert = await room.join_each(2)
    anna.say("")
    for member in (anna, bert):
        (said,) = await room.hear_chats(member)
        expect(said.fields.get("contents") == "", 'contents ""', said)


@must(
    "chat-sender",
    "the sender of a chat is the UUID of who said it, also where the client leaves it empty",
    texts.SENDER,
)
async def chat_sender(room: Room) -> None:
    """Say something with an empty sender, as the family's own clients do."""
    anna, bert = await room.join_each(2)
    room.say(anna, "who said this")
    for member in (anna, bert):
        (said,) = await room.hear_chats(member)
        expect(said.sender == anna.id, f"sender {anna.id}", said)


@must("spoofed-sender", "a sender that a client gives is ignored", texts.SENDER)
async def spoofed_sender(room: Room) -> None:
    """Speak in another's name."""
    anna, bert = await room.join_each(2)
    room.say_text(anna, text(sender=f'"{bert.id}"'))
    for member in (anna, bert):
        (said,) = await room.hear_chats(member)
        expect(said.sender != bert.id, "any sender but the one that the client wrote", said)


@must(
    "chat-timestamp",
    "the time of a chat is the server's, also where the client leaves it 0",
    texts.TIME,
)
async def chat_timestamp(room: Room) -> None:
    """Say something with the time 0, as the family's own clients do."""
    anna, bert = await room.join_each(2)
    room.say(anna, "when was this")
    for member in (anna, bert):
        (said,) = await room.hear_chats(member)
        expect(said.timestamp not in {0, "0", "", None}, "the server's own time", said)


@must("spoofed-time", "a time that a client gives is ignored", texts.TIME)
async def spoofed_time(room: Room) -> None:
    """Speak in the past, and in another unit."""
    anna, bert = await room.join_each(2)
    for number, stamp in enumerate((1, int(time.time()) - 86400, 10**12)):
        room.say_text(anna, text(f'"{WORDS} {number}"', timestamp=str(stamp)))
        (said,) = await room.hear_chats(bert)
        expect(said.timestamp not in {stamp, str(stamp)}, "the server's own time", said)


@differs(
    "size-64-kib",
    "a message of 64 KiB is taken",
    texts.SEEN_BY_ALL,
    (CHAT, "contents-unchanged"),
)
async def size_64_kib(room: Room) -> None:
    """Say as much as may be said, in characters of one byte and of four."""
    anna, bert = await room.join_each(2)
    for character in "x😀":
        contents = longest(character)
        room.say(anna, contents)
        for member in (anna, bert):
            (said,) = await room.hear_chats(member)
            expect(said.contents == contents, f"{LIMIT} bytes unchanged", said)


def longest(character: str) -> str:
    """Return contents that make a message of exactly 64 KiB, of a character and padding."""
    room_for = LIMIT - len(chat_text(""))
    contents = character * (room_for // len(character.encode()))
    return contents + "y" * (LIMIT - len(chat_text(contents)))


def _takes(form: str) -> Body:
    async def check(room: Room) -> None:
        anna, bert = await room.join_each(2)
        room.say_text(anna, form)
        for member in (anna, bert):
            said = await room.hear(member)
            expect(said.action == "chat" and said.says(WORDS), f'a chat "{WORDS}"', said)

    return check


for _name, (_form, _level, _needs) in FORMS.items():
    _start = " ".join(_form.split())
    _rule = f"a chat is taken: {_start if len(_start) < 80 else _start[:40] + '…'}"
    add(
        Check(f"takes-{_name}", _rule, _level, _takes(_form), texts.OPTIONAL, (CHAT, *_needs)),
    )
