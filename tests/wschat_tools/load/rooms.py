"""Small rooms on `websockets`, one faithful and others each wrong in one way."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable


STRANGER_SECONDS = 0.002


class Room:
    """A faithful room; what is wrong with another is in the method it overrides."""

    spaces = (",", ":")

    def __init__(self) -> None:
        self.members: dict[ServerConnection, str] = {}
        self.told = 0

    async def serve_member(self, connection: ServerConnection) -> None:
        """Join, chat, leave."""
        name = str(uuid.uuid4())
        self.members[connection] = name
        try:
            await self.tell("system", "connect", name)
            async for text in connection:
                await self.hear(connection, json.loads(text)["contents"])
        except ConnectionClosed:
            pass
        finally:
            del self.members[connection]
            await self.tell("system", "disconnect", name)

    async def hear(self, connection: ServerConnection, contents: str) -> None:
        """Take what a member says."""
        await self.tell(self.members[connection], "chat", contents)

    async def tell(self, sender: str, action: str, contents: str) -> None:
        """Tell everyone."""
        self.told += 1
        for place, connection in enumerate(list(self.members)):
            try:
                await self.tell_one(place, connection, self.encode(sender, action, contents))
            except ConnectionClosed:
                continue

    async def tell_one(self, place: int, connection: ServerConnection, text: str) -> None:
        """Tell the member that is `place`-th in the room."""
        del place
        await connection.send(text)

    def encode(self, sender: str, action: str, contents: str) -> str:
        """Write a message."""
        message: dict[str, Any] = {"sender": sender, "action": action, "contents": contents}
        return json.dumps(message | {"timestamp": 1_700_000_000}, separators=self.spaces)


@asynccontextmanager
async def open_room(room: Room, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve a room; yields its address.

    It reads whatever comes: with messages waiting it would not see the answer to a close.
    """
    async with serve(
        room.serve_member, "127.0.0.1", 0, compression=None, ssl=tls, max_queue=None
    ) as server:
        yield address_of(server)


def address_of(server: Server | asyncio.Server) -> str:
    """Return the URL of a server on a port that the kernel picked."""
    port = next(iter(server.sockets)).getsockname()[1]
    return f"ws://127.0.0.1:{port}/"


@asynccontextmanager
async def answering(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Serve plain TCP; yields its address."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer)
        writer.close()

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
        yield address_of(server)


@asynccontextmanager
async def strangers(room: Room) -> AsyncIterator[None]:
    """Let somebody whom nobody of ours brought in chat as long as this lasts, and come and go."""

    async def chat() -> None:
        for number in count():
            await room.tell("a stranger", "chat", f'"sender":"system" {number}')
            await room.tell("system", "connect", f"stranger {number}")
            await asyncio.sleep(STRANGER_SECONDS)
            await room.tell("system", "disconnect", f"stranger {number}")

    chatting = asyncio.create_task(chat())
    try:
        yield
    finally:
        chatting.cancel()
