"""Everybody whom one check brings into a server's room, and what they hear of each other.

A room may hold strangers who chat meanwhile: whatever is not about the check's own people is
passed over.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Self

from chat.conformance.connection import Connection
from chat.conformance.errors import Difference, SilentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.conformance.heard import Heard
    from chat.load import Address

MARK_AGAIN_SECONDS = 0.05


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
        self._said: set[str] = set()
        self._mark = os.urandom(6).hex()
        self._marks = 0
        self._fragmented = fragmented
        self._past = set() if past is None else past
        self._connections: list[Connection] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._past |= self.ids
        for connection in self._connections:
            await connection.aclose()

    async def open(self, **options: Any) -> Connection:
        """Shake hands, and hear nothing yet; options are those of `Connection.open`."""
        connection = await Connection.open(self.address, self.timeout, **options)
        connection.fragmented = self._fragmented
        self._connections.append(connection)
        return connection

    async def join(self, **options: Any) -> Connection:
        """Bring one in, as far as the first message, which tells its id.

        Raises:
            Difference: the first message is not a connect.

        """
        connection = await self.open(**options)
        first = await connection.hear()
        while first.contents in self._past or first.sender in self._past:
            first = await connection.hear()
        if first.action != "connect" or not first.contents:
            raise Difference("one's own connect as first message", str(first))
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
        """Let the first say marks until all members have heard one, and so are in the room.

        A server may take a moment to let someone in after the connect; that is for the checks of
        joining to find, and not to fail all others.
        """
        waiting = [asyncio.create_task(self._hear_mark(member)) for member in members]
        try:
            async with asyncio.timeout(self.timeout):
                pending = set(waiting)
                while pending and not any(task.exception() for task in set(waiting) - pending):
                    self.mark(members[0])
                    _, pending = await asyncio.wait(
                        waiting, timeout=MARK_AGAIN_SECONDS, return_when=asyncio.FIRST_EXCEPTION
                    )
                await asyncio.gather(*(task for task in waiting if task not in pending))
        except TimeoutError:
            raise SilentError(f"no chat at every member within {self.timeout:g} s") from None
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def mark(self, member: Connection) -> str:
        """Let a member say something that `hear` passes over; returns it."""
        self._marks += 1
        contents = f"mark {self._mark} {self._marks}"
        member.say(contents)
        return contents

    def say(self, member: Connection, contents: str) -> None:
        """Let a member say something; whoever it is said to come from, it is of interest."""
        self._said.add(contents)
        member.say(contents)

    async def hear(self, member: Connection) -> Heard:
        """Return the next message about the people of this check."""
        while True:
            message = await member.hear()
            if self.concerns(message) and not self.is_mark(message):
                return message

    async def hear_until(self, member: Connection, is_last: Callable[[Heard], bool]) -> list[Heard]:
        """Return what comes, up to the first message that fits, which is the last one returned."""
        heard = [await self.hear(member)]
        while not is_last(heard[-1]):
            heard.append(await self.hear(member))
        return heard

    async def hear_leave(self, member: Connection, gone: Connection) -> list[Heard]:
        """Return what comes, up to the message that tells `member` that `gone` left."""
        return await self.hear_until(member, lambda m: m.is_leave and m.contents == gone.id)

    async def hear_chats(self, member: Connection, count: int) -> list[Heard]:
        """Return the next chats; who comes or goes is passed over."""
        chats: list[Heard] = []
        while len(chats) < count:
            message = await self.hear(member)
            if message.action == "chat":
                chats.append(message)
        return chats

    async def more(self, member: Connection, other: Connection) -> list[Heard]:
        """Return what `member` hears before a mark that `other` says now."""
        mark = self.mark(other)
        heard: list[Heard] = []
        while (message := await member.hear()).contents != mark:
            if self.concerns(message) and not self.is_mark(message):
                heard.append(message)
        return heard

    def concerns(self, message: Heard) -> bool:
        """Whether a message is about the people of this check, or is meant for its hearer."""
        return (
            message.sender in self.ids
            or message.contents in self.ids
            or message.action == "error"
            or message.contents in self._said
        )

    def is_mark(self, message: Heard) -> bool:
        """Whether somebody has said a mark."""
        return message.contents.startswith(f"mark {self._mark}")

    async def _hear_mark(self, member: Connection) -> None:
        while not self.is_mark(await member.hear()):
            continue
