from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.fakes import FakeServer
from tests.browser.listing import listed

if TYPE_CHECKING:
    from tests.browser.people import People
    from tests.servers import RunningServer


def test_everything_without_a_mouse(people: People, room: RunningServer) -> None:
    """Who uses no mouse could not chat: write, change the server, set options, all by keys."""
    with FakeServer(fakes.go_like) as go, listed(room, Go=go.url):
        people.hosts.add(go.host)
        person = people.new().join()
        keys = person.page.keyboard
        expect(person.box).to_be_focused()
        keys.type("by keys")
        keys.press("Enter")
        person.sees("by keys")
        expect(person.box).to_be_focused()
        person.page.get_by_role("button", name="choose a server").focus()
        keys.press("Enter")
        expect(person.page.locator("#picker")).to_be_visible()
        keys.press("Tab")
        keys.press("Enter")
        person.sees("in Go")
        expect(person.box).to_be_focused()
        person.page.get_by_role("button", name="Options").focus()
        keys.press("Enter")
        keys.press("Tab")
        keys.press("ArrowRight")
        keys.press("ArrowRight")
        expect(person.page.locator("html")).to_have_attribute("data-theme", "dark")
        keys.press("Escape")
        expect(person.page.locator("#options")).to_be_hidden()


def test_escape_leads_back_to_the_box(people: People) -> None:
    """Who got lost in the log would need a mouse: Esc leads to the latest message and the box."""
    first, second = people.new().join(), people.new().join()
    for number in range(40):
        second.say(f"line {number}")
    first.sees("line 39")
    first.log.focus()
    first.page.keyboard.press("Home")
    expect(first.log).to_have_js_property("scrollTop", 0)
    first.page.keyboard.press("Escape")
    expect(first.box).to_be_focused()
    expect(first.sees("line 39")).to_be_in_viewport()


def test_typing_anywhere_goes_to_the_box(people: People) -> None:
    """Text would be lost after a click into the log: what is typed lands in the box."""
    person = people.new().join()
    person.log.click(position={"x": 5, "y": 5})
    person.page.keyboard.type("hello")
    expect(person.box).to_have_value("hello")


def test_arrow_up_recalls(people: People) -> None:
    """A slip in a message means typing it again: ↑ brings it back, and spares a draft."""
    person = people.new().join()
    for text in ("one", "two"):
        person.say(text)
    keys = person.page.keyboard
    keys.press("ArrowUp")
    expect(person.box).to_have_value("two")
    keys.press("ArrowUp")
    expect(person.box).to_have_value("one")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(person.box).to_have_value("")
    person.box.fill("a draft")
    keys.press("ArrowUp")
    expect(person.box).to_have_value("a draft")
