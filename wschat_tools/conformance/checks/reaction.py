"""What comes of bad bytes: how their sender is told, and what the others hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wschat_tools.conformance.errors import ClosedError, Difference, expect

if TYPE_CHECKING:
    from wschat_tools.conformance.connection import Connection
    from wschat_tools.conformance.heard import Heard
    from wschat_tools.conformance.room import Room

# So many chats must come back after bad words before these are held for refused: some servers keep
# no order.
FENCES: Final = 4


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody hears after bad bytes and a good chat behind them.

    That is messages (`heard`), and then one of three: the end of the connection with a `code`, the
    bad words in a broadcast (`taken`), or the good ones, as it may go on to chat (`goes_on`).
    """

    heard: list[Heard]
    code: int | None = None
    taken: Heard | None = None
    goes_on: bool = False

    @property
    def has_error(self) -> bool:
        """Whether it heard one error that says something, and nothing else."""
        told = [bool(message.contents) for message in self.heard if message.action == "error"]
        return told == [True] and len(self.heard) == 1

    def __str__(self) -> str:
        if self.taken is not None:
            return f"a broadcast of it: {self.taken}"
        told = ", ".join(map(str, self.heard)) or "no word"
        return f"{told}, then " + (
            "an open connection" if self.goes_on else f"close code {self.code}"
        )


async def react(room: Room, member: Connection, bad: bytes, after: str) -> Reaction:
    """Let a member send bad bytes and a chat behind them; return what it hears."""
    heard: list[Heard] = []
    fences = [after, *(room.words.next_fence() for _ in range(FENCES - 1))]
    member.send_raw(bad)
    member.say(after)
    while True:
        try:
            message = await room.hear(member)
        except ClosedError as end:
            return Reaction(heard, end.code)
        if message.says(fences[0]):
            del fences[0]
            if not fences:
                return Reaction(heard, goes_on=True)
            member.say(fences[0])
        elif message.action == "chat" and not room.words.is_fence(message):
            return Reaction(heard, taken=message)
        elif message.action != "chat" and not _is_of_another(member, message):
            heard.append(message)


def _is_of_another(member: Connection, message: Heard) -> bool:
    """Whether a message tells of another's coming or going, as of who was expelled before."""
    return message.action != "error" and message.contents != member.id


async def hear_expulsion(room: Room, member: Connection, bad: bytes) -> Reaction:
    """Let a member send bad bytes, and return what it hears up to the end of its connection.

    Raises:
        Difference: it is let on to chat.

    """
    reaction = await react(room, member, bad, room.words.next_fence())
    if reaction.taken is not None or reaction.goes_on:
        raise Difference("the end of the connection", str(reaction))
    return reaction


async def check_silence(room: Room, witness: Connection, expelled: Connection) -> None:
    """See that a witness hears nothing but perhaps the leave; that it does is another rule."""
    for _ in range(FENCES):
        heard = [m for m in await room.more(witness, witness) if not room.words.is_fence(m)]
        unwanted = [m for m in heard if not (m.is_leave and m.contents == expelled.id)]
        text = ", ".join(map(str, unwanted))
        expect(not unwanted, f"nothing but the disconnect of {expelled.id}", text)
