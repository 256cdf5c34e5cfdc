"""Draws every state of the page: python -m tests.browser.pictures [FOLDER [STATE …]].

Without a folder it draws the pictures of the README alone.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.people import People
from tests.browser.states import STATES, Stage
from tests.servers import ROOT, RunningServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

README: Final = ROOT / "docs" / "images"
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 780},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 1.5,
}


class Painter:
    """Brings somebody new into a state and draws what they see."""

    def __init__(self, browser: Browser, room: RunningServer) -> None:
        self._browser = browser
        self._room = room

    def draw(self, state: str, *paths: tuple[Path, str], **options: Any) -> None:
        """Draw the state once a path, with a look: light, dark or forced."""
        with (
            People(self._browser, self._room) as people,
            Stage(people, self._room, **options) as it,
        ):
            STATES[state](it)
            page = it.person.page
            for path, look in paths:
                page.emulate_media(
                    color_scheme="dark" if look == "dark" else "light",
                    forced_colors="active" if look == "forced" else "none",
                )
                page.wait_for_timeout(400)
                page.screenshot(path=path)


def main(arguments: list[str]) -> None:
    """Draw what is asked for."""
    with RunningServer() as room, sync_playwright() as playwright:
        chromium = shutil.which("chromium-headless-shell")
        painter = Painter(
            playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS), room
        )
        if not arguments:
            wide = {"width": 1120, "height": 700}
            painter.draw("talk", (README / "page-light-desktop.png", "light"), viewport=wide)
            painter.draw("talk", (README / "page-dark-phone.png", "dark"), **PHONE)
            return
        folder = Path(arguments[0])
        folder.mkdir(parents=True, exist_ok=True)
        for state in arguments[1:] or STATES:
            for size, options in SIZES.items():
                looks = ("light", "dark", "forced")
                paths = [(folder / f"{state}-{size}-{look}.png", look) for look in looks]
                painter.draw(state, *paths, **options)


SIZES: Final[dict[str, dict[str, Any]]] = {
    "390": PHONE,
    "1280": {"viewport": {"width": 1280, "height": 800}},
}

if __name__ == "__main__":
    main(sys.argv[1:])
