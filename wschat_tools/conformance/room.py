"""Everybody whom one check brings into a server's room, and what they hear of each other.

A room may hold strangers who chat meanwhile: what is not about the check's people is passed over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from wschat_tools.conformance.bad_texts import WORDS
from wschat_tools.conformance.connection import Connection
from wschat_tools.conformance.errors import ClosedError, Difference, FullError
from wschat_tools.conformance.settling import settle
from wschat_tools.conformance.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from wschat_tools.conformance.heard import Heard
    from wschat_tools.load import Address

MOST_EARLY = 20
# RFC 6455 and IANA's registry of close codes: try again later. Who has left may not be gone yet.
TRY_LATER = 1013
LATER_SECONDS = 0.05
TRIES = 6


class Room:
    """A server's room as one check sees it; an asynchronous context that ends all connections.

    Args:
        address: where the server is.
        timeout: how long (seconds) each wait lasts at most.
        fragmented: whether members send every message in two frames.
        past: people of earlier checks, about whom nothing is of interest; added to at the end.

    """

    def __init__(
        self,
        address: Address,
        timeout: float,
        *,
        fragmented: bool = False,
        past: set[str] | None = None,
    ) -> None:
        self.address = address
        self.timeout = timeout
        self.ids: set[str] = set()
        self.words = Words()
        self._fragmented = fragmented
        self._past = set() if past is None else past
        self._connections: list[Connection] = []
        self._reading: list[asyncio.Task[object]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._past |= self.ids
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)
        for connection in self._connections:
            await connection.aclose()

    async def open(self, **options: Any) -> Connection:
        """Shake hands, and hear nothing yet; options are those of `Connection.open`."""
        connection = await Connection.open(self.address, self.timeout, **options)
        connection.fragmented = self._fragmented
        self._connections.append(connection)
        return connection

    async def join(self, **options: Any) -> Connection:
        """Bring one in, as far as the first connect, which tells its id.

        Raises:
            Difference: no connect is among the first messages.
            FullError: there are members of ours, and the room takes no more.

        """
        for _ in range(TRIES):
            connection = await self.open(**options)
            try:
                return await self.greet(connection)
            except ClosedError as end:
                if end.code != TRY_LATER or not self.ids:
                    raise
            self._connections.remove(connection)
            await connection.aclose()
            await asyncio.sleep(LATER_SECONDS)
        raise FullError(len(self.ids))

    async def greet(self, connection: Connection) -> Connection:
        """Hear up to the first connect; see `join`."""
        first = await connection.hear()
        while first.action != "connect" or not first.contents:
            if first.contents not in self._past and first.sender not in self._past:
                connection.early.append(first)
            if len(connection.early) >= MOST_EARLY:
                raise Difference("one's own connect as first message", str(connection.early[0]))
            first = await connection.hear()
        connection.first = first
        connection.id = first.contents
        self.ids.add(connection.id)
        return connection

    async def join_each(self, count: int) -> list[Connection]:
        """Bring some in, one after the other, until each hears what is said."""
        members = [await self.join() for _ in range(count)]
        await self.settle(members)
        return members

    async def settle(self, members: list[Connection]) -> None:
        """Wait until all hear what the first says."""
        await settle(members, self.words, self.timeout)

    def mark(self, member: Connection) -> str:
        """Let a member say something that `hear` passes over; returns it."""
        contents = self.words.next_mark()
        member.say(contents)
        return contents

    def say(self, member: Connection, contents: str) -> None:
        """Let a member say something; whoever it is said to come from, it is of interest."""
        self.words.add(contents)
        member.say(contents)

    def say_text(self, member: Connection, text: str) -> None:
        """Let a member send a text, right or wrong, which may hold `WORDS`."""
        self.words.add(WORDS)
        member.send_text(text.encode("utf-8", "surrogatepass"))

    async def hear(self, member: Connection) -> Heard:
        """Return the next message about the people of this check.

        What has come before is passed over: that it comes once is for checks of that to see.
        """
        message = await member.hear()
        while not self._is_new(member, message):
            message = await member.hear()
        return message

    def _is_new(self, member: Connection, message: Heard) -> bool:
        return (
            self.concerns(message)
            and not self.words.is_mark(message)
            and not member.is_repeat(message)
        )

    async def hear_until(self, member: Connection, is_last: Callable[[Heard], bool]) -> list[Heard]:
        """Return what comes, up to the first message that fits, which is the last one returned."""
        heard = [await self.hear(member)]
        while not is_last(heard[-1]):
            heard.append(await self.hear(member))
        return heard

    async def hear_leave(self, member: Connection, gone: Connection) -> list[Heard]:
        """Return what comes, up to the message that tells `member` that `gone` left."""
        return await self.hear_until(member, lambda m: m.is_leave and m.contents == gone.id)

    async def hear_chats(self, member: Connection, count: int = 1) -> list[Heard]:
        """Return the next chats; who comes or goes is passed over."""
        chats: list[Heard] = []
        while len(chats) < count:
            if (message := await self.hear(member)).action == "chat":
                chats.append(message)
        return chats

    async def more(self, member: Connection, other: Connection) -> list[Heard]:
        """Return what `member` hears before a mark that `other` says now."""
        mark = self.mark(other)
        heard: list[Heard] = []
        while not (message := await member.hear()).says(mark):
            if self._is_new(member, message):
                heard.append(message)
        return heard

    def let_read(self, member: Connection) -> None:
        """Let a member read on by itself: some servers wait for the answer to their close frame."""
        self._reading.append(asyncio.create_task(member.hear_end()))

    def concerns(self, message: Heard) -> bool:
        """Whether a message is about the people of this check, or is meant for its hearer."""
        return (
            message.sender in self.ids
            or message.contents in self.ids
            or message.action == "error"
            or self.words.has(message)
            or (message.action == "chat" and not message.sender)
        )
