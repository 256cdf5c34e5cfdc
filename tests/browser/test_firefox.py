from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.browser.firefox import Firefox, Tab
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox") or ""
# What Firefox logs when a server is away: no fault of the page.
EXPECTED_LOG = "establish a connection"
pytestmark = pytest.mark.skipif(not PROGRAM, reason="no Firefox is installed")


@pytest.fixture(scope="module")
def remembering() -> Iterator[RunningServer]:
    """Return a server that keeps a history, and that tests may stop and start."""
    with RunningServer(env={"WSCHAT_HISTORY": "20"}) as server:
        yield server


@pytest.fixture(scope="module")
def running() -> Iterator[Firefox]:
    """Return the one Firefox of this module: it takes seconds to start."""
    with Firefox(PROGRAM) as firefox:
        yield firefox


@pytest.fixture
def firefox(running: Firefox) -> Iterator[Firefox]:
    """Return the Firefox without a page, and hold that no page logs an error of its own."""
    yield running
    running.close_pages()
    faults, running.faults = running.faults, []
    assert not [fault for fault in faults if EXPECTED_LOG not in fault]


def join(firefox: Firefox, server: RunningServer) -> Tab:
    tab = firefox.visit(server.url)
    tab.until("document.querySelector('#dot').dataset.state === 'open'")
    tab.until("!document.querySelector('#me').hidden")
    return tab


def hears(tab: Tab, text: str) -> None:
    texts = "[...document.querySelectorAll('#entries .message .text')].map((e) => e.textContent)"
    tab.until(f"{texts}.includes({json.dumps(text)})")


def test_two_people_talk(firefox: Firefox, remembering: RunningServer) -> None:
    """Who uses Firefox could not chat: what one types, the other reads."""
    one, other = join(firefox, remembering), join(firefox, remembering)
    one.press(*"by the fox", "Enter")
    hears(one, "by the fox")
    hears(other, "by the fox")
    other.press(*"heard", "Enter")
    hears(one, "heard")
    one.until("document.querySelector('#unsent').children.length === 0")
    assert one.evaluate("document.querySelector('#text').value") == ""


def test_history_and_people(firefox: Firefox, remembering: RunningServer) -> None:
    """In Firefox what was said earlier would be missing, and the list of who is there."""
    one = join(firefox, remembering)
    one.press(*"said earlier", "Enter")
    hears(one, "said earlier")
    other = join(firefox, remembering)
    hears(other, "said earlier")
    other.press(*"me too", "Enter")
    hears(one, "me too")
    name = other.evaluate("document.querySelector('#me .name').textContent")
    listed = "document.querySelector('#people-list').textContent"
    if one.evaluate("getComputedStyle(document.querySelector('#people')).display === 'none'"):
        one.click("#people-button")
    one.until(f"{listed}.includes({json.dumps(name)})")


def test_the_server_restarts(firefox: Firefox, remembering: RunningServer) -> None:
    """In Firefox a restart would end the chat: the page comes back, with what waited."""
    tab = join(firefox, remembering)
    remembering.stop()
    tab.until("!document.querySelector('#banner').hidden")
    tab.press(*"from the gap", "Enter")
    tab.until("document.querySelector('#unsent').textContent.includes('from the gap')")
    remembering.start()
    hears(tab, "from the gap")
    tab.until("document.querySelector('#banner').hidden")


def test_keys_lead_through_the_log(firefox: Firefox, remembering: RunningServer) -> None:
    """In Firefox who uses no mouse could not read back: pages, arrows and Esc lead there."""
    tab = join(firefox, remembering)
    for number in range(30):
        tab.press(*f"line {number}", "Enter")
    hears(tab, "line 29")
    tab.press("PageUp", "PageUp")
    tab.until("!document.querySelector('#jump').hidden")
    tab.evaluate("document.querySelector('#log').focus()")
    tab.press("ArrowUp", "ArrowUp")
    tab.until("document.activeElement.textContent.includes('line 28')")
    tab.press("Escape")
    tab.until("document.activeElement.id === 'text'")
    tab.until("document.querySelector('#jump').hidden")
