from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.fakes import FakeServer
from tests.browser.listing import listed
from tests.browser.people import People
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

GAP = re.compile(r"^Offline \d+ s, messages may be missing; you are now [0-9a-f]{4}$")


@pytest.fixture(scope="module")
def fragile() -> Iterator[RunningServer]:
    """Return a server that tests may stop and start."""
    with RunningServer() as server:
        yield server


@pytest.fixture
def guests(browser: Browser, fragile: RunningServer) -> Iterator[People]:
    """Return those who visit the fragile server."""
    with People(browser, fragile) as people:
        yield people


def test_server_restarts_under_the_page(guests: People, fragile: RunningServer) -> None:
    """A restart would end the chat: the page comes back by itself, with log and text."""
    person = guests.new().join()
    person.say("before the restart")
    person.sees("before the restart")
    person.box.fill("half a thought")
    fragile.stop()
    expect(person.banner).to_contain_text("was lost")
    expect(person.banner).to_contain_text(re.compile(r"Next try in \d+ s\."))
    expect(person.dot).to_have_attribute("data-state", re.compile("waiting|connecting"))
    fragile.start()
    expect(person.page.locator("#entries .divider").last).to_have_text(GAP, timeout=40_000)
    expect(person.banner).to_be_hidden()
    expect(person.box).to_have_value("half a thought")
    person.sees("before the restart")
    person.say("after it")
    person.sees("after it")


def test_lines_said_meanwhile_are_sent_later(guests: People, fragile: RunningServer) -> None:
    """What is typed while the server is away would be lost: it waits, then goes out in order."""
    person = guests.new().join()
    fragile.kill()
    expect(person.banner).to_be_visible()
    person.say("first in line")
    person.say("second in line")
    expect(person.unsent).to_have_count(2)
    expect(person.unsent.first).to_contain_text("waits for the connection")
    fragile.start()
    person.evaluate("dispatchEvent(new Event('online'))")
    person.sees("second in line")
    assert person.texts == ["first in line", "second in line"]
    expect(person.unsent).to_have_count(0)


def test_network_gone_and_back(people: People) -> None:
    """A lost network would look like silence: the page says so, and is back with the network."""
    first, second = people.new().join(), people.new().join()
    first.context.set_offline(True)
    expect(first.banner).to_contain_text("You are offline")
    expect(second.page.locator("#people-list li")).to_have_count(1)
    first.say("from the tunnel")
    second.say("not heard by the first")
    second.sees("not heard by the first")
    first.context.set_offline(False)
    second.sees("from the tunnel")
    expect(first.page.locator("#entries .divider").filter(has_text=GAP)).to_have_count(1)
    assert first.texts == ["from the tunnel"]


def test_becoming_visible_ends_the_wait(people: People, room: RunningServer) -> None:
    """Who comes back to the tab would watch a countdown: it tries at once."""
    with FakeServer(fakes.closing(1012)) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new()
        person.page.add_init_script("Math.random = () => 0.999")
        person.join("?server=fake")
        for _ in range(4):  # 1, 2, 4, then 8 s to wait
            person.say("out")
            expect(person.banner).to_contain_text("Next try")
            person.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            expect(person.dot).to_have_attribute("data-state", "open")
            person.wait_joined()
        person.unsent.get_by_role("button", name="Discard").first.click()
        assert server.connections == 5


def test_computer_slept(people: People) -> None:
    """After a night's sleep the page would look connected and be deaf: it renews the connection."""
    person = people.new()
    person.page.clock.install()
    person.join()
    person.evaluate("window.RealNow = Date.now; Date.now = () => RealNow() + 3_600_000")
    person.page.clock.fast_forward(11_000)
    expect(person.page.locator("#entries .divider").last).to_have_text(GAP)


def test_server_that_is_down(people: People, room: RunningServer) -> None:
    """A dead server would be a blank page: it is named, with a way to retry and to the others."""
    with listed(room, dead="ws://127.0.0.1:9/"):
        people.hosts.add("127.0.0.1:9")
        person = people.new().open("?server=dead")
        expect(person.banner).to_contain_text("dead cannot be reached")
        expect(person.banner.get_by_role("button", name="Reconnect now")).to_be_visible()
        person.banner.get_by_role("button", name="Other servers").click()
        person.page.locator("#picker .server", has_text="this server").click()
        person.wait_joined()
        expect(person.banner).to_be_hidden()


def test_retry_sends_an_unsure_line_again(people: People, room: RunningServer) -> None:
    """A line whose echo never came could only be typed again: Retry sends it to the room."""
    with FakeServer(fakes.closing(4001)) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new().join("?server=fake")
        person.say("please arrive")
        expect(person.unsent).to_contain_text("may not have arrived")
        person.banner.get_by_role("button", name="Other servers").click()
        person.page.locator("#picker .server", has_text="this server").click()
        expect(person.page.locator("#entries .divider").last).to_contain_text("You joined wschat")
        person.unsent.get_by_role("button", name="Retry").click()
        person.sees("please arrive")
        expect(person.unsent).to_have_count(0)
