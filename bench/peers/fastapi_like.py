"""A room that behaves as the family's FastAPI server does where that differs from the protocol.

Times are nanoseconds; text is escaped to ASCII; missing contents become null; text that is not JSON
gets an error and nothing else happens; any other fault ends the connection without an error or a
close frame; a newcomer is let in only after its own connect is sent; and the list of members
changes while a broadcast goes over it, which skips whoever follows the one that left.

Usage: python -m bench.peers.fastapi_like HOST:PORT
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket

from bench.peers.message import address_argument

DOOR_SECONDS = 0.003
KINDS = {"sender": str, "action": str, "contents": str, "timestamp": int}
ACTIONS = {None, "connect", "chat", "disconnect", "error"}

app = FastAPI()
members: list[WebSocket] = []


def encode(sender: str, action: str, contents: str | None) -> str:
    """Write a message."""
    fields: dict[str, Any] = {"sender": sender, "action": action, "contents": contents}
    return json.dumps(fields | {"timestamp": time.time_ns()})


def decode(text: str) -> str | None:
    """Return the contents of a message, None if it has none.

    Raises:
        ValueError: it is not JSON, or a field has another type.

    """
    found = json.loads(text)
    for name, kind in KINDS.items():
        value = found.get(name)
        if value is not None and type(value) is not kind:
            raise ValueError(f"expected {kind} {name}, got {type(value)}")
    if found.get("action") not in ACTIONS:
        raise ValueError(f"invalid action: {found['action']}")
    contents: str | None = found.get("contents")
    return contents


async def broadcast(text: str) -> None:
    """Send to one after the other, over the very list that others change meanwhile."""
    for member in members:
        try:
            await member.send_text(text)
        except Exception:  # noqa: BLE001 - as its model does: whoever is gone is passed over
            continue
        await asyncio.sleep(0)


@app.get("/num")
async def count_members() -> int:
    """Tell how many are in the room."""
    return len(members)


@app.websocket("/")
async def serve_member(websocket: WebSocket) -> None:
    """Join, chat until the connection ends or a message is bad, leave."""
    await websocket.accept()
    name = str(uuid.uuid4())
    joined = encode("system", "connect", name)
    await broadcast(joined)
    await websocket.send_text(joined)
    await asyncio.sleep(DOOR_SECONDS)
    members.append(websocket)
    while await say_next(websocket, name):
        continue
    await broadcast(encode("system", "disconnect", name))
    members.remove(websocket)


async def say_next(websocket: WebSocket, name: str) -> bool:
    """Broadcast what a member says next; False if that ends its connection."""
    try:
        contents = decode(await websocket.receive_text())
        await broadcast(encode(name, "chat", contents))
    except json.JSONDecodeError:
        await websocket.send_text(encode("system", "error", "bad message"))
    except Exception:  # noqa: BLE001 - as its model does
        return False
    return True


if __name__ == "__main__":
    host, port = address_argument()
    uvicorn.run(app, host=host, port=port, log_level="critical")
