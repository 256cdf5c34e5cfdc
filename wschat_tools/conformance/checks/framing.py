"""RFC 6455 under the chat: fragments, control frames, a stream cut anywhere, violations."""

from __future__ import annotations

import asyncio
import struct
from functools import partial
from typing import TYPE_CHECKING, Final

from wschat_tools.conformance import texts
from wschat_tools.conformance.check import CHAT, Check, Level, add, differs, must
from wschat_tools.conformance.checks.reaction import FENCES, check_silence, hear_expulsion
from wschat_tools.conformance.errors import Difference, expect
from wschat_tools.conformance.frames import (
    CONTINUATION,
    PING,
    PONG,
    chat_frame,
    chat_text,
    client_frame,
)
from wschat_tools.conformance.heard import Heard, bare

if TYPE_CHECKING:
    from wschat_tools.conformance.check import Body
    from wschat_tools.conformance.room import Room

# What a client must not send, and the close code that says so.
VIOLATIONS: Final = {
    "unmasked": (client_frame(chat_text("hi"), masked=False), 1002),
    "reserved-bit": (client_frame(chat_text("hi"), reserved=4), 1002),
    "reserved-opcode": (client_frame(chat_text("hi"), 3), 1002),
    "reserved-control-opcode": (client_frame(b"", 0xB), 1002),
    "continuation-of-nothing": (client_frame(chat_text("hi"), CONTINUATION), 1002),
    "text-within-a-fragmented-text": (
        client_frame(b"{", fin=False) + client_frame(b"}"),
        1002,
    ),
    "fragmented-ping": (client_frame(b"", PING, fin=False), 1002),
    "long-ping": (client_frame(b"x" * 126, PING), 1002),
    "not-utf-8": (client_frame(chat_text("hi").replace(b"hi", b"\xff")), 1007),
    "not-utf-8-in-fragments": (
        client_frame(b'{"sender":"","action":"chat","timestamp":0,"contents":"\xe2', fin=False)
        + client_frame(b'\x28"}', CONTINUATION),
        1007,
    ),
    "announced-exbibyte": (b"\x81\xff" + struct.pack("!Q", 2**60) + b"\0\0\0\0", 1009),
}


@must(
    "fragments",
    "a fragmented message is put together, with control frames in between",
    texts.CONTROL,
)
async def fragments(room: Room) -> None:
    """Send one byte a frame."""
    anna, bert = await room.join_each(2)
    text = chat_text("é😀 in pieces")
    anna.send_frame(b"", fin=False)
    for number in range(len(text)):
        anna.send_frame(text[number : number + 1], CONTINUATION, fin=False)
        if number % 7 == 0:
            anna.send_frame(b"%d" % number, PING)
    anna.send_frame(b"", CONTINUATION)
    for member in (anna, bert):
        (said,) = await room.hear_chats(member)
        expect(said.says("é😀 in pieces"), "'é😀 in pieces'", said)
    expected = [b"%d" % number for number in range(0, len(text), 7)]
    expect(anna.pongs == expected, f"the pongs {expected}", anna.pongs)


@must(
    "pings",
    "pings are answered with their payload, in order, chat in between or not",
    texts.CONTROL,
)
async def pings(room: Room) -> None:
    """Ping between chats."""
    anna = (await room.join_each(1))[0]
    payloads = [b"a", b"x" * 125, b""]
    for number, payload in enumerate(payloads):
        anna.send_raw(chat_frame(f"said {number}") + client_frame(payload, PING))
    heard = await room.hear_chats(anna, len(payloads))
    expect(
        {bare(m.contents) for m in heard} == {"said0", "said1", "said2"},
        "the three chats",
        ", ".join(map(str, heard)),
    )
    for _ in payloads:
        if len(anna.pongs) < len(payloads):
            await room.more(anna, anna)
    expect(anna.pongs == payloads, f"the pongs {payloads}", anna.pongs)


@must("unasked-pong", "a pong that nobody asked for is no fault", texts.CONTROL)
async def unasked_pong(room: Room) -> None:
    """Send a pong, then a chat."""
    anna = (await room.join_each(1))[0]
    anna.send_frame(b"unasked", PONG)
    room.say(anna, "still here")
    await room.hear_chats(anna, 1)


@must("stream-cut-anywhere", "how the network cuts the stream changes nothing", texts.FRAMES)
async def stream_cut_anywhere(room: Room) -> None:
    """Send frames in pieces of one, two and seven bytes."""
    anna = (await room.join_each(1))[0]
    for step in (1, 2, 7):
        said = [f"{word} {step}" for word in ("one", "two" * 60, "three", "four")]
        stream = b"".join(map(chat_frame, said[:2])) + client_frame(b"p", PING)
        stream += b"".join(map(chat_frame, said[2:]))
        for start in range(0, len(stream), step):
            anna.send_raw(stream[start : start + step])
            await asyncio.sleep(0.001 if start % 5 == 0 else 0)
        heard = await room.hear_chats(anna, len(said))
        got = sorted(bare(message.contents) for message in heard)
        expect(got == sorted(map(bare, said)), f"the chats {said}", ", ".join(got))


@must(
    "words-behind-the-handshake",
    "what comes in the segment of the handshake is not lost",
    texts.HANDSHAKE,
)
async def words_behind_the_handshake(room: Room) -> None:
    """Chat before the answer to the handshake, and cut a chat in two there."""
    (anna,) = await room.join_each(1)
    hasty = await room.join(first=chat_frame("hasty"))
    for _ in range(FENCES):
        fence = room.words.next_fence()
        hasty.say(fence)
        heard = await room.hear_until(anna, partial(Heard.says, words=fence))
        if any(message.says("hasty") for message in heard):
            break
    else:
        raise Difference('a chat "hasty"', f"{FENCES} that were said later, and not that one")
    cut = await room.join(first=chat_frame("more")[:4])
    cut.send_raw(chat_frame("more")[4:])
    said = (await room.hear_chats(anna))[0]
    while room.words.is_fence(said):
        said = (await room.hear_chats(anna))[0]
    expect(said.says("more"), 'a chat "more"', said)


def _ends(data: bytes) -> Body:
    async def check(room: Room) -> None:
        anna, bert = await room.join_each(2)
        await hear_expulsion(room, anna, data)
        await check_silence(room, bert, anna)

    return check


for _name, (_data, _) in VIOLATIONS.items():
    add(
        Check(
            f"ends-{_name}",
            "a violation of RFC 6455 ends the connection, and nobody hears of it",
            Level.DIFFERS,
            _ends(_data),
            texts.FRAMES,
            (CHAT,),
        )
    )


@differs(
    "error-for-violations",
    "a violation of RFC 6455 gets an error and its close code",
    texts.CODES,
    (CHAT, *(f"ends-{name}" for name in VIOLATIONS)),
)
async def error_for_violations(room: Room) -> None:
    """Violate it in every way."""
    for name, (data, expected) in VIOLATIONS.items():
        reaction = await hear_expulsion(room, await room.join(), data)
        expect(
            reaction.has_error and reaction.code == expected,
            f"{name}: an error, then close code {expected}",
            f"{', '.join(map(str, reaction.heard)) or 'none'}, then close code {reaction.code}",
        )
