"""In front of Django and the room: whether the process lives, is ready, and ends."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from chat.config.conf import conf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chat.ops.operations import Operations

    Application = Callable[[Any, Any, Any], Awaitable[Any]]

_METHODS: Final = ("GET", "HEAD")


class Gateway:
    """Answers `/livez` and `/readyz` whatever the Host header, without Django and its threads."""

    def __init__(self, application: Application, operations: Operations) -> None:
        self._application = application
        self._operations = operations

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection (ASGI)."""
        if self._operations.loop is None:
            self._operations.serve_on(asyncio.get_running_loop())
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        scope = with_prefix(scope, conf.prefix)
        if scope["type"] != "http" or scope["method"] not in _METHODS:
            await self._application(scope, receive, send)
        elif scope["path"] == f"{conf.prefix}/livez":
            await _respond(send, HTTPStatus.OK, {"live": True})
        elif scope["path"] == f"{conf.prefix}/readyz":
            await self._tell_ready(send)
        else:
            await self._application(scope, receive, send)

    async def _tell_ready(self, send: Any) -> None:
        is_ready = not self._operations.problems  # why not is for operators: see the metrics
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        await _respond(send, status, {"ready": is_ready})

    async def _live(self, receive: Any, send: Any) -> None:
        """Follow the lifespan that some servers tell of; Daphne does not."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await asyncio.to_thread(self._operations.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return


def with_prefix(scope: Any, prefix: str) -> Any:
    """Return the scope as ASGI wants it where a proxy took the prefix of the path away."""
    if not prefix:
        return scope
    path = scope["path"]
    if path != prefix and not path.startswith(f"{prefix}/"):
        path = prefix + path
    return {**scope, "path": path, "root_path": prefix}


async def _respond(send: Any, status: HTTPStatus, content: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode() + b"\n"})
