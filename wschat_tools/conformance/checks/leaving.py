"""Leaving: exactly one disconnect, however somebody goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from wschat_tools.conformance import texts
from wschat_tools.conformance.check import CHAT, END, LEAVE, Check, Level, add, must
from wschat_tools.conformance.connection import Connection
from wschat_tools.conformance.errors import Difference, SilentError, expect
from wschat_tools.conformance.frames import CLOSE, chat_frame, client_frame, close_frame
from wschat_tools.conformance.heard import bare

if TYPE_CHECKING:
    from collections.abc import Callable

    from wschat_tools.conformance.check import Body
    from wschat_tools.conformance.room import Room


def _empty_close(member: Connection) -> None:
    member.send_frame(b"", CLOSE)


def _bad_message(member: Connection) -> None:
    member.send_text(b"hello")


def _violation(member: Connection) -> None:
    member.send_frame(b"", RESERVED)


def _midway_in_a_frame(member: Connection) -> None:
    member.send_raw(chat_frame("never whole")[:-3])
    member.send_fin()


def _midway_in_a_message(member: Connection) -> None:
    member.send_frame(b'{"contents":', fin=False)
    member.send_fin()


def _after_a_chat(member: Connection) -> None:
    member.closing = True
    member.send_raw(chat_frame("last words") + close_frame())


RESERVED: Final = 0x3
GHOST: Final = "a connect, then a disconnect of the same UUID"
# So many who go later, so far apart, are told to have gone before one is held for forgotten: of a
# server's processes one may be slow.
GOERS: Final = 10
GOERS_SECONDS: Final = 0.05
WAYS: Final[dict[str, Callable[[Connection], None]]] = {
    "close-frame": Connection.send_close,
    "empty-close-frame": _empty_close,
    "fin": Connection.send_fin,
    "reset": Connection.reset,
    "bad-message": _bad_message,
    "violation": _violation,
    "midway-in-a-frame": _midway_in_a_frame,
    "midway-in-a-message": _midway_in_a_message,
    "right-after-a-chat": _after_a_chat,
}


@must(LEAVE, "the others are told when somebody goes", texts.LEAVES)
async def leave_is_told(room: Room) -> None:
    """Close as a browser does, and say no more of it than that it is told."""
    anna, bert = await room.join_each(2)
    anna.send_close()
    room.let_read(anna)
    await room.hear_leave(bert, anna)


def _leaves_once(leave: Callable[[Connection], None]) -> Body:
    async def check(room: Room) -> None:
        anna, bert, carl = await room.join_each(3)
        leave(anna)
        room.let_read(anna)
        for member in (bert, carl):
            heard = await room.hear_leave(member, anna)
            words = [bare(message.contents) for message in heard[:-1]]
            expected = ["lastwords"] if leave is _after_a_chat else []
            expect(words == expected, f"{expected} and a disconnect", ", ".join(map(str, heard)))
        more = await room.more(bert, carl)
        expect(not more, "one disconnect and nothing more", ", ".join(map(str, more)))

    return check


for _name, _way in WAYS.items():
    add(
        Check(
            f"leave-by-{_name}",
            "the others hear one disconnect when somebody goes in this way",
            Level.MUST,
            _leaves_once(_way),
            texts.LEAVES,
            (LEAVE, END) if _way is _bad_message else (LEAVE,),
        )
    )


@must(
    "leave-once-of-many-ways",
    "a bad message, a close, a FIN and a reset at once are one leave",
    texts.LEAVES,
    (LEAVE,),
)
async def leave_once_of_many_ways(room: Room) -> None:
    """Go in all ways at the same time."""
    anna, bert = await room.join_each(2)
    anna.closing = True
    anna.send_raw(client_frame(b"[]") + close_frame())
    anna.send_fin()
    await asyncio.sleep(0.05)
    anna.reset()
    await room.hear_leave(bert, anna)
    more = await room.more(bert, bert) + await room.more(bert, bert)
    expect(not more, "one disconnect and nothing more", ", ".join(map(str, more)))


@must(
    "leave-while-joining",
    "who goes before its first message is announced in order",
    texts.LEAVES,
    (LEAVE,),
)
async def leave_while_joining(room: Room) -> None:
    """Shake hands and go at once, in three ways."""
    (anna,) = await room.join_each(1)
    for leave in (Connection.send_close, Connection.send_fin, Connection.reset):
        leave(await room.open())
        try:
            await _hear_ghost(room, anna, leave)
        except SilentError as error:
            raise Difference(GHOST, str(error)) from None


async def _hear_ghost(room: Room, witness: Connection, leave: Callable[[Connection], None]) -> None:
    """Hear somebody come and go whose UUID we were never told, while others go in the same way."""
    came: set[str] = set()
    for _ in range(GOERS):
        goer = await room.join()
        await room.settle([goer])
        leave(goer)
        room.let_read(goer)
        message = await witness.hear()
        while not (message.is_leave and message.contents == goer.id):
            if message.action == "connect":
                came.add(message.contents)
            elif message.is_leave and message.contents in came - room.ids:
                return
            message = await witness.hear()
        await asyncio.sleep(GOERS_SECONDS)
    raise Difference(GHOST, f"none before the disconnects of {GOERS} who went later")


@must(
    "close-is-answered",
    "a close frame is answered with one, then the connection ends",
    texts.CLOSING,
)
async def close_is_answered(room: Room) -> None:
    """Close with and without a code and a reason."""
    for payload in (b"", b"\x03\xe8", b"\x03\xe9bye", b"\x0f\xa0"):
        anna = await room.join()
        await room.settle([anna])
        anna.send_frame(payload, CLOSE)
        heard, code = await anna.hear_end()
        heard = [message for message in heard if not room.words.is_mark(message)]
        if code is None:
            raise Difference(f"a close frame in answer to {payload!r}", "the end without one")
        unwanted = [m for m in heard if room.concerns(m) and not m.is_leave]
        expect(not unwanted, "nothing before the answer", ", ".join(map(str, unwanted)))
        expect(
            await anna.wire.is_eof(), "the end of the connection", "more, or none within the time"
        )


@must(
    "nothing-after-the-close",
    "who has closed is told nothing more behind the answer",
    texts.CLOSING,
    (CHAT, "close-is-answered"),
)
async def nothing_after_the_close(room: Room) -> None:
    """Close while another chats."""
    anna, bert = await room.join_each(2)
    anna.send_close()
    for number in range(20):
        room.say(bert, f"after {number}")
    await anna.hear_end()
    expect(await anna.wire.is_eof(), "nothing behind the close frame", "more bytes")
