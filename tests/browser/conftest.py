from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.people import People, Person
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=15_000)


# One a module, not one a session: while it lives, an event loop runs in this thread, and the
# asynchronous tests of other modules could not start theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium of the system: the one without a window takes a third of the processor."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell"), args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def room() -> Iterator[RunningServer]:
    """Return the server for all tests that leave it running; its room is empty when one begins."""
    with RunningServer() as server:
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture
def people(browser: Browser, room: RunningServer) -> Iterator[People]:
    """Return those who visit the room, each in a browser profile of their own."""
    with People(browser, room) as people:
        yield people


@pytest.fixture(scope="module")
def page(browser: Browser, room: RunningServer) -> Iterator[Person]:
    """Return a page to run its modules' functions in; nothing else happens on it."""
    with People(browser, room) as people:
        person = people.new()
        # It stays for the module: who tests the room would wait for it to be empty.
        person.page.route_web_socket("**/*", lambda _: None)
        yield person.open()
