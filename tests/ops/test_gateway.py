from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from chat.config.conf import conf
from chat.ops import gateway as module
from chat.ops.gateway import Gateway, with_prefix


class Scene:
    """A gateway with what stands behind it, and what it sent."""

    def __init__(self, **problems: str) -> None:
        self.sent: list[dict[str, Any]] = []
        self.passed: list[dict[str, Any]] = []
        self.loops: list[object] = []
        self.stops = 0
        self._to_receive: list[str] = []
        operations: Any = SimpleNamespace(
            loop=None, problems=problems, serve_on=self._serve_on, stop=self._stop
        )
        self._operations = operations
        self._gateway = Gateway(self._application, operations)

    def _serve_on(self, loop: object) -> None:
        self._operations.loop = loop
        self.loops.append(loop)

    def _stop(self) -> None:
        self.stops += 1

    async def _application(self, scope: Any, _receive: Any, _send: Any) -> None:
        self.passed.append(scope)

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def _receive(self) -> dict[str, Any]:
        return {"type": self._to_receive.pop(0)}

    async def ask(self, path: str, method: str = "GET", type_: str = "http") -> None:
        """Make a request."""
        scope = {"type": type_, "method": method, "path": path}
        await self._gateway(scope, self._receive, self._send)

    async def live(self, *messages: str) -> None:
        """Go through a lifespan."""
        self._to_receive = list(messages)
        await self._gateway({"type": "lifespan"}, self._receive, self._send)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_tells_that_it_lives_and_whether_it_is_ready(method: str) -> None:
    """A load balancer would send people to a process that cannot take them, or to none."""
    for problems, path, status, told in [
        ({}, "/livez", 200, {"live": True}),
        ({}, "/readyz", 200, {"ready": True}),
        ({"database": "gone"}, "/livez", 200, {"live": True}),
        ({"database": "gone"}, "/readyz", 503, {"ready": False}),
    ]:
        scene = Scene(**problems)
        await scene.ask(path, method)
        start, body = scene.sent
        assert start == {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json"), (b"cache-control", b"no-store")],
        }
        assert body["type"] == "http.response.body"
        assert body["body"].endswith(b"}\n")
        assert json.loads(body["body"]) == told
        assert scene.passed == []


@pytest.mark.parametrize(
    ("path", "method", "type_"),
    [
        ("/", "GET", "http"),
        ("/livez", "POST", "http"),
        ("/readyz", "POST", "http"),
        ("/livez/", "GET", "http"),
        ("/livez", "GET", "websocket"),
    ],
)
async def test_everything_else_is_for_those_behind_it(path: str, method: str, type_: str) -> None:
    """Pages and sockets would be answered by what is for load balancers."""
    scene = Scene()
    await scene.ask(path, method, type_)
    assert [scope["path"] for scope in scene.passed] == [path]
    assert scene.sent == []


async def test_the_first_connection_tells_on_which_loop_the_room_is() -> None:
    """Operators could not kick anybody where no server tells of its start."""
    scene = Scene()
    for _ in range(2):
        await scene.ask("/")
    assert len(scene.loops) == 1


async def test_follows_the_life_of_a_server_that_tells_of_it() -> None:
    """What waits to be written would be lost at the end, or the server hang at its start."""
    scene = Scene()
    await scene.live("lifespan.startup", "lifespan.shutdown")
    assert [message["type"] for message in scene.sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert (scene.stops, scene.passed, len(scene.loops)) == (1, [], 1)


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/", "/chat/"),
        ("/chat", "/chat"),
        ("/chat/", "/chat/"),
        ("/chat/x", "/chat/x"),
        ("/chatter", "/chat/chatter"),
    ],
)
def test_a_prefix_is_put_back_where_a_proxy_took_it_away(path: str, seen: str) -> None:
    """Links of the pages would lead out of the folder that the proxy serves it in."""
    scope = {"type": "http", "path": path}
    assert with_prefix(scope, "/chat") == {"type": "http", "path": seen, "root_path": "/chat"}
    assert with_prefix(scope, "") is scope
    assert scope == {"type": "http", "path": path}


async def test_answers_below_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy no check of health would find it."""
    monkeypatch.setattr(module, "conf", replace(conf, prefix="/chat"))
    scene = Scene()
    for path in ("/livez", "/chat/livez", "/chat/readyz"):
        await scene.ask(path)
    assert [message.get("status") for message in scene.sent[::2]] == [200, 200, 200]
    await scene.ask("/other")
    assert [scope["path"] for scope in scene.passed] == ["/chat/other"]
