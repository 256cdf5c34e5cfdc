from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.fakes import FakeServer
from tests.browser.listing import listed
from tests.browser.states import HIDE, SHOW
from tests.browser.talker import talking

if TYPE_CHECKING:
    from websockets.sync.server import ServerConnection

    from tests.browser.people import People
    from tests.servers import RunningServer

MESSAGES = 10_000
SECONDS = 10
# Everybody's share of a second in tests on two busy cores; without batching it is many seconds.
LONGEST_TASK_MS = 1000
TYPICAL_DELAY_MS = 150

_WATCH = """() => {
    window.tasks = [];
    window.delays = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration)))
        .observe({ type: "longtask" });
    document.querySelector("#text").addEventListener("keydown", (event) => {
        requestAnimationFrame(() => delays.push(performance.now() - event.timeStamp));
    });
}"""


def flood(url: str) -> None:
    with talking(url) as say:
        began = time.monotonic()
        for number in range(MESSAGES):
            say(f"number {number}")
            if number % 100 == 99:
                due = began + (number + 1) * SECONDS / MESSAGES
                time.sleep(max(0, due - time.monotonic()))


def test_flood_leaves_the_page_responsive(people: People, room: RunningServer) -> None:
    """Ten thousand messages in ten seconds would freeze the page: one can type all along."""
    person = people.new().join()
    person.evaluate(_WATCH)
    flooding = threading.Thread(target=flood, args=(room.socket_url,))
    flooding.start()
    typed = ""
    while flooding.is_alive():
        person.page.keyboard.type("still typing ", delay=40)
        typed += "still typing "
        person.page.wait_for_timeout(200)
    flooding.join()
    expect(person.messages.filter(has_text=f"number {MESSAGES - 1}").last).to_be_visible()
    expect(person.box).to_have_value(typed)
    assert person.page.locator("#entries > li").count() == 1000
    assert max(person.evaluate("tasks"), default=0) < LONGEST_TASK_MS
    delays = sorted(person.evaluate("delays"))
    assert delays[len(delays) // 2] < TYPICAL_DELAY_MS
    assert person.evaluate("document.querySelector('#log').scrollTop") > 0


def test_flood_while_reading_back(people: People, room: RunningServer) -> None:
    """A busy room would pull people away from what they read: the log stays where they are."""
    person = people.new().join()
    with talking(room.socket_url) as say:
        for number in range(100):
            say(f"early {number}")
        early = person.sees("early 99")
        person.log.hover()
        person.page.mouse.wheel(0, -1500)
        expect(person.page.locator("#jump")).to_be_visible()
        for number in range(300):
            say(f"late {number}")
        expect(person.page.locator("#jump")).to_have_text("300 new messages")
        expect(early).not_to_be_in_viewport()


def test_what_was_not_drawn_is_told_and_counted(people: People, room: RunningServer) -> None:
    """A burst would leave a hole in the log that nobody sees, and a count that is too small."""
    due = threading.Event()

    def bursting(connection: ServerConnection) -> None:
        fakes.welcome(connection)
        for number in range(60):
            fakes.send(connection, sender=fakes.SOMEBODY, action="chat", contents=f"{number}")
        due.wait()
        for number in range(60, 3060):
            fakes.send(connection, sender=fakes.SOMEBODY, action="chat", contents=f"{number}")
        fakes.echo(connection)

    with FakeServer(bursting) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new().join("?server=fake")
        person.sees("59")
        person.log.hover()
        person.page.mouse.wheel(0, -1000)
        expect(person.page.locator("#jump")).to_be_visible()
        person.evaluate(_WATCH_SKIPPED)
        person.evaluate(HIDE)
        due.set()
        person.page.wait_for_timeout(1000)
        person.evaluate(SHOW)
        expect(person.page.locator("#jump")).to_have_text("3,000 new messages")
        expect(person.page.locator("#entries .message")).to_have_count(998)
        assert any("faster than" in text for text in person.evaluate("skipped"))


_WATCH_SKIPPED = """() => {
    window.skipped = [];
    const note = ({ addedNodes }) => skipped.push(...[...addedNodes]
        .filter((row) => row.matches(".skipped")).map((row) => row.textContent));
    new MutationObserver((changes) => changes.forEach(note))
        .observe(document.querySelector("#entries"), { childList: true });
}"""
