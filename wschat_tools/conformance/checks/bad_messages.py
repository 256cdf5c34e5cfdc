"""Bad messages: nothing of them for the others; an error, then the end of the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wschat_tools.conformance import texts
from wschat_tools.conformance.bad_texts import BAD, LIMIT, PLAIN
from wschat_tools.conformance.check import CHAT, END, Check, Level, add, differs, must
from wschat_tools.conformance.checks.reaction import (
    Reaction,
    check_silence,
    hear_expulsion,
    react,
)
from wschat_tools.conformance.errors import expect
from wschat_tools.conformance.frames import BINARY, chat_frame, chat_text, client_frame

if TYPE_CHECKING:
    from wschat_tools.conformance.check import Body
    from wschat_tools.conformance.connection import Connection
    from wschat_tools.conformance.room import Room

# Close codes (RFC 6455 section 7.4.1).
UNSUPPORTED: Final = 1003
BAD_MESSAGE: Final = 1007
TOO_BIG: Final = 1009
BEHIND: Final = 8


@must(END, "a bad message ends the connection, after an error or without one", texts.ERROR)
async def closes_after_an_error(room: Room) -> None:
    """Send what is no JSON, and go on chatting."""
    heard = (await hear_expulsion(room, await room.join(), client_frame(b"hello"))).heard
    expect(len(heard) <= 1, "one error and nothing after it", ", ".join(map(str, heard)))


def _refuses(data: bytes) -> Body:
    async def check(room: Room) -> None:
        anna, bert = await room.join_each(2)
        after = room.words.next_fence()
        # Some servers say the last words again where there are no others.
        room.say(anna, "before it")
        for member in (anna, bert):
            await room.hear_chats(member)
            await room.more(member, bert)
            member.times.clear()  # what comes again from now on comes of the bad message
        reaction = await react(room, anna, _frames(anna, data), after)
        expect(reaction.taken is None, "no broadcast of it", str(reaction))
        await check_silence(room, bert, anna)

    return check


def _frames(member: Connection, text: bytes) -> bytes:
    """Return a text as a member sends it, in one frame or in two."""
    if not member.fragmented:
        return client_frame(text)
    half = len(text) // 2
    return client_frame(text[:half], fin=False) + client_frame(text[half:], 0)


for _name, _text in BAD.items():
    add(
        Check(
            f"refuses-{_name}",
            "a bad message is no chat: the others hear nothing of it, but perhaps a disconnect",
            Level.MUST if _name in PLAIN else Level.DIFFERS,
            _refuses(_text.encode()),
            texts.BAD,
            (CHAT,),
        )
    )


@must(
    "nothing-after-a-bad-message",
    "what follows a bad message in one segment is not broadcast",
    texts.BAD,
    (CHAT, END),
)
async def nothing_after_a_bad_message(room: Room) -> None:
    """Send a chat, a bad message and some chats in one write.

    No more than libraries hold unread: beyond that some hear the answer to their close late.
    """
    anna, bert = await room.join_each(2)
    before = room.words.next_fence()
    behind = b"".join(chat_frame(f"behind it {number}") for number in range(BEHIND))
    anna.send_raw(chat_frame(before) + client_frame(b"hello") + behind)
    room.let_read(anna)
    told = await room.hear(bert)
    expect(told.says(before), repr(before), told)
    await check_silence(room, bert, anna)


async def _reactions(room: Room) -> dict[str, Reaction]:
    """Return what the sender of each kind of bad message hears."""
    reactions: dict[str, Reaction] = {}
    for name, text in BAD.items():
        anna = await room.join()
        reactions[name] = await react(
            room, anna, client_frame(text.encode()), room.words.next_fence()
        )
    return reactions


@differs("error-before-close", "the sender of a bad message is told why, in an error", texts.BAD)
async def error_before_close(room: Room) -> None:
    """Send each kind of bad message."""
    without = [name for name, got in (await _reactions(room)).items() if not got.has_error]
    text = f"none for {len(without)} of {len(BAD)} kinds: {', '.join(without)}"
    expect(not without, "one error for each bad message", text)


@differs("close-1007", "a bad message gets the close code 1007", texts.CODES, (CHAT, END))
async def close_1007(room: Room) -> None:
    """Send each kind of bad message."""
    other = {
        name: str(reaction.code) if reaction.taken is None and not reaction.goes_on else "open"
        for name, reaction in (await _reactions(room)).items()
        if reaction.code != BAD_MESSAGE
    }
    codes = ", ".join(sorted(set(other.values())))
    text = f"{codes} for {len(other)} of {len(BAD)} kinds: {', '.join(other)}"
    expect(not other, "close code 1007 for each bad message", text)


@differs("close-1003", "a binary message gets an error and close code 1003", texts.CODES)
async def close_1003(room: Room) -> None:
    """Send a chat, and nothing, as a binary message."""
    for payload in (chat_text("binary"), b""):
        anna, bert = await room.join_each(2)
        await _check_close(room, anna, bert, UNSUPPORTED, client_frame(payload, BINARY))


@differs("close-1009", "a message over 64 KiB gets an error and close code 1009", texts.CODES)
async def close_1009(room: Room) -> None:
    """Send a byte too many, and a mebibyte of two kinds."""
    around = len(chat_text(""))
    for text in (
        chat_text("x" * (LIMIT - around + 1)),
        chat_text("x" * (2**20 - around)),
        b"[" * 2**20,
    ):
        anna, bert = await room.join_each(2)
        await _check_close(room, anna, bert, TOO_BIG, _frames(anna, text))


async def _check_close(
    room: Room, anna: Connection, bert: Connection, expected: int, bad: bytes
) -> None:
    got = await hear_expulsion(room, anna, bad)
    expect(got.has_error, "one error", ", ".join(map(str, got.heard)) or "none")
    expect(got.code == expected, f"close code {expected}", f"close code {got.code}")
    await check_silence(room, bert, anna)
