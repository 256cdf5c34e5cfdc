"""Leaving: exactly one disconnect, however somebody goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from chat.conformance.check import ALL, Check, Level, must
from chat.conformance.connection import Connection
from chat.conformance.errors import Difference, SilentError, expect
from chat.conformance.frames import CLOSE, chat_frame, client_frame, close_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.conformance.check import Body
    from chat.conformance.room import Room


def _empty_close(member: Connection) -> None:
    member.send_frame(b"", CLOSE)


def _bad_message(member: Connection) -> None:
    member.send_text(b"[]")


def _midway_in_a_frame(member: Connection) -> None:
    member.send_raw(chat_frame("never whole")[:-3])
    member.send_fin()


def _midway_in_a_message(member: Connection) -> None:
    member.send_frame(b'{"contents":', fin=False)
    member.send_fin()


def _after_a_chat(member: Connection) -> None:
    member.send_raw(chat_frame("last words") + close_frame())


WAYS: Final[dict[str, Callable[[Connection], None]]] = {
    "close-frame": Connection.send_close,
    "empty-close-frame": _empty_close,
    "fin": Connection.send_fin,
    "reset": Connection.reset,
    "bad-message": _bad_message,
    "midway-in-a-frame": _midway_in_a_frame,
    "midway-in-a-message": _midway_in_a_message,
    "right-after-a-chat": _after_a_chat,
}


def _leaves_once(leave: Callable[[Connection], None]) -> Body:
    async def check(room: Room) -> None:
        anna, bert, carl = await room.join_each(3)
        leave(anna)
        for member in (bert, carl):
            heard = await room.hear_leave(member, anna)
            words = [message.contents for message in heard[:-1]]
            expected = ["last words"] if leave is _after_a_chat else []
            expect(words == expected, f"{expected} and a disconnect", ", ".join(map(str, heard)))
        more = await room.more(bert, carl)
        expect(not more, "one disconnect and nothing more", ", ".join(map(str, more)))

    return check


for _name, _way in WAYS.items():
    ALL[f"leave-by-{_name}"] = Check(
        f"leave-by-{_name}",
        "the others hear one disconnect when somebody goes in this way",
        Level.MUST,
        _leaves_once(_way),
    )


@must("leave-once-of-many-ways", "a bad message, a close, a FIN and a reset at once are one leave")
async def leave_once_of_many_ways(room: Room) -> None:
    """Go in all ways at the same time."""
    anna, bert = await room.join_each(2)
    anna.send_raw(client_frame(b"[]") + close_frame())
    anna.send_fin()
    await asyncio.sleep(0.05)
    anna.reset()
    await room.hear_leave(bert, anna)
    await asyncio.sleep(0.1)
    more = await room.more(bert, bert)
    expect(not more, "one disconnect and nothing more", ", ".join(map(str, more)))


@must("leave-while-joining", "who goes before its first message is announced in order")
async def leave_while_joining(room: Room) -> None:
    """Shake hands and go at once, in three ways."""
    (anna,) = await room.join_each(1)
    for leave in (Connection.send_close, Connection.send_fin, Connection.reset):
        leave(await room.open())
        try:
            await _hear_ghost(anna)
        except SilentError as error:
            raise Difference("a connect, then a disconnect of the same UUID", str(error)) from None


async def _hear_ghost(witness: Connection) -> None:
    """Hear somebody come and go whose UUID we were never told."""
    came: set[str] = set()
    while True:
        message = await witness.hear()
        if message.action == "connect":
            came.add(message.contents)
        elif message.is_leave and message.contents in came:
            return


@must("close-is-answered", "a close frame is answered with one, then the connection ends")
async def close_is_answered(room: Room) -> None:
    """Close with and without a code and a reason."""
    for payload in (b"", b"\x03\xe8", b"\x03\xe9bye", b"\x0f\xa0"):
        anna = await room.join()
        await room.settle([anna])
        anna.send_frame(payload, CLOSE)
        heard, code = await anna.hear_end()
        heard = [message for message in heard if not room.is_mark(message)]
        if code is None:
            raise Difference(f"a close frame in answer to {payload!r}", "the end without one")
        unwanted = [m for m in heard if room.concerns(m) and not m.is_leave]
        expect(not unwanted, "nothing before the answer", ", ".join(map(str, unwanted)))
        expect(await anna.is_eof(), "the end of the connection", "more, or none within the time")


@must("nothing-after-the-close", "who has closed is told nothing more behind the answer")
async def nothing_after_the_close(room: Room) -> None:
    """Close while another chats."""
    anna, bert = await room.join_each(2)
    anna.send_close()
    for number in range(20):
        room.say(bert, f"after {number}")
    await anna.hear_end()
    expect(await anna.is_eof(), "nothing behind the close frame", "more bytes")
