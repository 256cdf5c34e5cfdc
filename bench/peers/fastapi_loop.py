"""The room as FastAPI's tutorial builds it: a list of sockets and a loop that sends to each.

Usage: python -m bench.peers.fastapi_loop HOST:PORT
"""

import uuid
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from bench.peers.message import address_argument, chat_contents, message

app = FastAPI()


class ConnectionManager:
    """Who is connected, and the loop over them."""

    def __init__(self) -> None:
        self.connections: list[WebSocket] = []

    async def broadcast(self, said: dict[str, Any]) -> None:
        """Send to one after the other; whoever has gone meanwhile leaves by itself."""
        for connection in list(self.connections):
            try:
                await connection.send_json(said)
            except (WebSocketDisconnect, RuntimeError):
                continue


room = ConnectionManager()


@app.websocket("/")
async def member(websocket: WebSocket) -> None:
    """Join, chat until the connection ends, leave."""
    name = str(uuid.uuid4())
    await websocket.accept()
    joined = message("system", "connect", name)
    await websocket.send_json(joined)
    await room.broadcast(joined)
    room.connections.append(websocket)
    try:
        while True:
            contents = chat_contents(await websocket.receive_text())
            await room.broadcast(message(name, "chat", contents))
    except WebSocketDisconnect:
        pass
    except (ValueError, KeyError) as error:
        await websocket.send_json(message("system", "error", str(error)))
        await websocket.close(1007)
    finally:
        room.connections.remove(websocket)
        await room.broadcast(message("system", "disconnect", name))


if __name__ == "__main__":
    host, port = address_argument()
    uvicorn.run(app, host=host, port=port, log_level="warning")
