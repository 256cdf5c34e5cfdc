"""Draws the pictures of the README: python -m tests.browser.pictures."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.people import People
from tests.browser.talker import talking
from tests.servers import ROOT, RunningServer

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = ROOT / "docs" / "images"
OWN: Final = -1
TALK: Final = [
    (0, "Morning! Is the new room up for everybody?"),
    (1, "Yes, I am in from the train. It dropped twice and came back by itself."),
    (1, "Even the line that I typed in the tunnel arrived."),
    (OWN, "Good to hear. The notes are at https://example.com/notes/42"),
    (2, "Reading …"),
    (2, "Two things:\n1. the date is next Tuesday\n2. we need a bigger table"),
    (0, "Tuesday is fine with me"),
    (OWN, "Then Tuesday it is"),
]


def draw(people: People, server: RunningServer, path: Path, **options: Any) -> None:
    """Let some people talk, and take a picture of the page of one of them."""
    with ExitStack() as stack:
        person = people.new(locale="en-GB", **options).join()
        voices = [stack.enter_context(talking(server.socket_url)) for _ in range(3)]
        for who, text in TALK:
            person.say(text) if who == OWN else voices[who](text)
            person.page.wait_for_timeout(100)
        person.page.wait_for_timeout(500)
        person.page.screenshot(path=path)


def main() -> None:
    """Draw one picture of a desk and one of a phone."""
    with RunningServer() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        with People(browser, server) as people:
            wide = {"width": 1120, "height": 700}
            draw(people, server, FOLDER / "page-light-desktop.png", viewport=wide)
        with People(browser, server) as people:
            phone: dict[str, Any] = {
                "viewport": {"width": 390, "height": 780},
                "is_mobile": True,
                "has_touch": True,
                "device_scale_factor": 1.5,
                "color_scheme": "dark",
            }
            draw(people, server, FOLDER / "page-dark-phone.png", **phone)


if __name__ == "__main__":
    main()
