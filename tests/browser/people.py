"""People with a browser: what they do on the page, and what no page may do to them."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

    from tests.servers import RunningServer

# What a browser logs when a server is away or lets nobody read its answer: no fault of the page.
EXPECTED_LOG = (
    "WebSocket connection to",
    "net::ERR_",
    "CORS policy",
    "Failed to load resource",
    "Service Worker registration blocked",
)
_NAMED = re.compile(r"(as|now) [0-9a-f]{4}$")
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error("violated: " + event.violatedDirective + " " + event.blockedURI));
"""


class Person:
    """One page, and what it did wrong, if anything."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self._url = url
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note)
        page.on("request", lambda request: self._visit(request.url))
        page.on("websocket", lambda socket: self._visit(socket.url))

    def _note(self, message: ConsoleMessage) -> None:
        expected = any(part in message.text for part in EXPECTED_LOG)
        if message.type in {"error", "warning"} and not expected:
            self.faults.append(message.text)

    def _visit(self, url: str) -> None:
        self.hosts.add(urlsplit(url).netloc)

    def open(self, query: str = "") -> Self:
        """Open the page."""
        self.page.goto(self._url + query)
        return self

    def join(self, query: str = "") -> Self:
        """Open the page and wait until it is in the room."""
        self.open(query)
        self.wait_joined()
        return self

    def wait_joined(self) -> None:
        """Wait until the page says that it is connected and who one is."""
        expect(self.dot).to_have_attribute("data-state", "open")
        dividers = self.page.locator("#entries .divider")
        expect(dividers.filter(has_text=_NAMED).last).to_be_visible()

    def say(self, text: str) -> None:
        """Type a text and send it."""
        self.box.fill(text)
        # On a phone Enter begins a new line; the button sends everywhere.
        self.page.locator("#send").click()

    def sees(self, text: str) -> Locator:
        """Wait for a message with exactly this text in the log, and return it."""
        found = self.page.locator("#entries .message").filter(
            has=self.page.locator(".text").get_by_text(text, exact=True)
        )
        expect(found.last).to_be_visible()
        return found.last

    def sees_all_said(self, other: Person) -> None:
        """Wait until what was said so far by another is here, too."""
        mark = uuid.uuid4().hex
        other.say(mark)
        self.sees(mark)

    @property
    def texts(self) -> list[str]:
        """All messages in the log, in order."""
        return self.messages.locator(".text").all_inner_texts()

    @property
    def messages(self) -> Locator:
        """The messages in the log."""
        return self.page.locator("#entries .message")

    @property
    def unsent(self) -> Locator:
        """The own lines that were not seen coming back."""
        return self.page.locator("#unsent .message")

    @property
    def log(self) -> Locator:
        """The log."""
        return self.page.locator("#log")

    @property
    def box(self) -> Locator:
        """The box that one types in."""
        return self.page.locator("#text")

    @property
    def banner(self) -> Locator:
        """The line that says what is wrong with the connection."""
        return self.page.locator("#banner")

    @property
    def dot(self) -> Locator:
        """The sign of the connection's state."""
        return self.page.locator("#dot")

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """Run a script in the page."""
        return self.page.evaluate(script, argument)

    def import_and(self, module: str, script: str, argument: Any = None) -> Any:
        """Run a function of a module of the page and one argument; return what it returns."""
        return self.page.evaluate(
            "async ([address, argument]) => "
            f"({script})(await import(new URL(address, location.href).href), argument)",
            [f"static/chat/{module}", argument],
        )


class People:
    """Everybody of one test. In the end it checks that no page did what no page may do."""

    def __init__(self, browser: Browser, room: RunningServer) -> None:
        self._browser = browser
        self._room = room
        self._people: list[Person] = []
        self.hosts = {urlsplit(room.url).netloc}

    def __enter__(self) -> Self:
        deadline = time.monotonic() + 10
        while self._count_online() and time.monotonic() < deadline:
            time.sleep(0.05)
        return self

    def _count_online(self) -> int:
        with urlopen(self._room.url + "online") as answer:
            return int(json.load(answer)["online"])

    def __exit__(self, kind: object, *_: object) -> None:
        for person in self._people:
            person.context.close()
        if kind is None:
            for person in self._people:
                assert not person.faults
                assert person.hosts <= self.hosts, "a request left for a host that nobody chose"

    def new(self, url: str = "", **options: Any) -> Person:
        """Return somebody new, with options of the browser's context, at the room's page."""
        options.setdefault("color_scheme", "light")
        # What keeps the page asks for all of it, which few tests are about.
        options.setdefault("service_workers", "block")
        context = self._browser.new_context(**options)
        context.add_init_script(_REPORT_VIOLATIONS)
        person = Person(context, context.new_page(), url or self._room.url)
        self._people.append(person)
        return person
