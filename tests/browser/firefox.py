"""A Firefox, spoken to by WebDriver BiDi, which it brings along: no driver is needed."""

from __future__ import annotations

import itertools
import json
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

from websockets.sync.client import ClientConnection, connect

START_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.05
# Whatever a browser asks of the world by itself goes to a port where nobody listens.
PREFERENCES: Final[dict[str, object]] = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "intl.accept_languages": "en-GB, en",
}
# What WebDriver calls keys that write no character.
KEYS: Final = {
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "PageUp": "\ue00e",
    "ArrowUp": "\ue013",
    "ArrowDown": "\ue015",
}


class Firefox:
    """A running Firefox without a window; a context manager that ends it."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._ids = itertools.count()
        self._stack = ExitStack()
        self._socket: ClientConnection
        self._users: list[str] = []
        self.faults: list[str] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            profile = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            lines = (
                f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()
            )
            (profile / "user.js").write_text("\n".join(lines))
            arguments = ["--headless", "--no-remote", "--remote-debugging-port", "0"]
            process = subprocess.Popen(
                [self._program, *arguments, "--profile", profile],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            url = f"ws://127.0.0.1:{_read_port(profile)}/session"
            self._socket = stack.enter_context(connect(url, max_size=None, max_queue=None))
            self.ask("session.new", capabilities={})
            self.ask("session.subscribe", events=["log.entryAdded"])
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and return its result; what pages log as an error is a fault."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=ANSWER_SECONDS))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.faults.append(answer["params"]["text"])

    def visit(self, url: str) -> Tab:
        """Return a page at this address, in a profile of its own."""
        user = self.ask("browser.createUserContext")["userContext"]
        self._users.append(user)
        created = self.ask("browsingContext.create", type="window", userContext=user)
        tab = Tab(self, created["context"])
        self.ask("browsingContext.navigate", context=tab.context, url=url, wait="complete")
        return tab

    def close_pages(self) -> None:
        """Close all pages, and forget what they kept."""
        while self._users:
            self.ask("browser.removeUserContext", userContext=self._users.pop())


def _read_port(profile: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    told = profile / "WebDriverBiDiServer.json"
    while time.monotonic() < deadline:
        if told.exists() and (text := told.read_text()):
            return int(json.loads(text)["ws_port"])
        time.sleep(POLL_SECONDS)
    message = "Firefox did not start"
    raise TimeoutError(message)


class Tab:
    """One page in Firefox: what somebody does there, and what they see."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox = firefox
        self.context = context

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of the page."""
        answer = self._firefox.ask(
            "script.evaluate",
            expression=f"JSON.stringify({expression} ?? null)",
            target={"context": self.context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def until(self, expression: str, seconds: float = 30) -> None:
        """Wait until an expression of the page is true."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, f"never came true: {expression}"
            time.sleep(POLL_SECONDS)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: characters, or names of KEYS."""
        values = [KEYS.get(key, key) for key in keys]
        actions = [{"type": kind, "value": v} for v in values for kind in ("keyDown", "keyUp")]
        self._perform({"type": "key", "id": "keys", "actions": actions})

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        box = self.evaluate(
            f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        )
        x, y = (int(box["x"] + box["width"] / 2), int(box["y"] + box["height"] / 2))
        actions: list[dict[str, Any]] = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._perform({"type": "pointer", "id": "mouse", "actions": actions})

    def _perform(self, source: dict[str, Any]) -> None:
        self._firefox.ask("input.performActions", context=self.context, actions=[source])
