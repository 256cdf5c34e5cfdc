"""Bad messages: an error, then the end of the connection, and nothing of it for the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat.conformance.bad_texts import BAD, LIMIT, PLAIN
from chat.conformance.check import ALL, Check, Level, differs, must
from chat.conformance.errors import ClosedError, Difference, expect
from chat.conformance.frames import BINARY, chat_frame, chat_text, client_frame
from chat.protocol import BAD_MESSAGE, TOO_BIG, UNSUPPORTED

if TYPE_CHECKING:
    from chat.conformance.check import Body
    from chat.conformance.connection import Connection
    from chat.conformance.heard import Heard
    from chat.conformance.room import Room


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody hears after a bad message: messages, then an end with a code, or `let_on`.

    `let_on` is its own words in a broadcast, which mean that it may go on to chat.
    """

    heard: list[Heard]
    code: int | None = None
    let_on: Heard | None = None

    @property
    def has_error(self) -> bool:
        """Whether it heard one error, from system, that says something, and nothing else."""
        told = [(message.sender, message.action) for message in self.heard if message.contents]
        return told == [("system", "error")] and len(self.heard) == 1


async def react(room: Room, member: Connection) -> Reaction:
    """Return what a member hears up to the end of its connection, or to its own words."""
    heard: list[Heard] = []
    while True:
        try:
            message = await room.hear(member)
        except ClosedError as end:
            return Reaction(heard, end.code)
        if message.sender == member.id:
            return Reaction(heard, let_on=message)
        heard.append(message)


async def hear_expulsion(room: Room, member: Connection) -> Reaction:
    """Return what a member hears up to the end of its connection.

    Raises:
        Difference: it is let on to chat.

    """
    reaction = await react(room, member)
    if reaction.let_on is not None:
        raise Difference(
            "the end of the connection", f"a broadcast of its words: {reaction.let_on}"
        )
    return reaction


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


async def _reactions(room: Room) -> dict[str, Reaction]:
    """Return what the sender of each kind of bad message hears."""
    reactions: dict[str, Reaction] = {}
    for name, text in BAD.items():
        anna = await room.join()
        anna.send_text(text.encode())
        room.say(anna, "after")
        reactions[name] = await react(room, anna)
    return reactions


@differs("error-before-close", "the sender of a bad message gets one error that says why")
async def error_before_close(room: Room) -> None:
    """Send each kind of bad message."""
    without = [name for name, got in (await _reactions(room)).items() if not got.has_error]
    text = f"none for {len(without)} of {len(BAD)} kinds: {', '.join(without)}"
    expect(not without, "one error from system for each bad message", text)


@differs("close-1007", "a bad message is answered with close code 1007")
async def close_1007(room: Room) -> None:
    """Send each kind of bad message."""
    other = {
        name: "open" if reaction.let_on else str(reaction.code)
        for name, reaction in (await _reactions(room)).items()
        if reaction.code != BAD_MESSAGE.code
    }
    codes = ", ".join(sorted(set(other.values())))
    text = f"{codes} for {len(other)} of {len(BAD)} kinds: {', '.join(other)}"
    expect(not other, "close code 1007 for each bad message", text)


@must("closes-after-an-error", "an error is the last message of a connection")
async def closes_after_an_error(room: Room) -> None:
    """Send what is no JSON, and go on chatting."""
    anna, bert = await room.join_each(2)
    anna.send_text(b"hello")
    room.say(anna, "after")
    heard = (await hear_expulsion(room, anna)).heard
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
    got = await hear_expulsion(room, anna)
    expect(got.has_error, "one error", ", ".join(map(str, got.heard)) or "none")
    expect(got.code == expected, f"close code {expected}", f"close code {got.code}")
    await check_silence(room, bert, anna)
