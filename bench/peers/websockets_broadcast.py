"""The room on Python's `websockets`: one set of connections and its `broadcast()`.

Usage: python -m bench.peers.websockets_broadcast HOST:PORT
"""

import asyncio
import json
import uuid

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from bench.peers.message import address_argument, chat_contents, message

connections: set[ServerConnection] = set()


def tell_all(sender: str, action: str, contents: str) -> None:
    """Broadcast one message to everyone in the room."""
    broadcast(connections, json.dumps(message(sender, action, contents)))


async def member(connection: ServerConnection) -> None:
    """Join, chat until the connection ends, leave."""
    name = str(uuid.uuid4())
    connections.add(connection)
    tell_all("system", "connect", name)
    try:
        async for text in connection:
            tell_all(name, "chat", chat_contents(text))
    except ValueError as error:
        await connection.send(json.dumps(message("system", "error", str(error))))
        await connection.close(1007)
    except ConnectionClosed:
        pass
    finally:
        connections.discard(connection)
        tell_all("system", "disconnect", name)


async def main() -> None:
    """Serve the one room at the address given."""
    host, port = address_argument()
    async with serve(member, host, port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
