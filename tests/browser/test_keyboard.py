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


def test_focus_goes_on_when_what_had_it_goes(people: People) -> None:
    """After Reconnect now the focus fell to the body, and keys did nothing."""
    person = people.new().join()
    person.context.set_offline(True)
    again = person.banner.get_by_role("button", name="Reconnect now")
    again.focus()
    person.context.set_offline(False)
    person.page.keyboard.press("Enter")
    expect(person.box).to_be_focused()
    person.wait_joined()


def test_muting_is_undone_where_it_was_done(people: People) -> None:
    """A slip would hide somebody whose name, to undo it by, is hidden with them."""
    first, second = people.new().join(), people.new().join()
    second.say("hello")
    name = first.sees("hello").locator(".name")
    name.click()
    card = first.page.locator("#card")
    card.get_by_role("button", name="Mute").click()
    expect(name).to_be_hidden()
    expect(card.get_by_role("button", name="Unmute")).to_be_focused()
    first.page.keyboard.press("Enter")
    expect(name).to_be_visible()
    card.get_by_role("button", name="Mute").click()
    first.page.keyboard.press("Escape")
    expect(first.box).to_be_focused()


def test_the_focus_comes_back_however_soon_one_looks(people: People) -> None:
    """On a busy machine the focus stayed in the closed card, and keys did nothing."""
    first, second = people.new().join(), people.new().join()
    second.say("hello")
    first.sees("hello").locator(".name").click()
    first.page.locator("#card").get_by_role("button", name="Mute").click()
    # The browser clears the focus of a hidden button only after the next frame.
    first.evaluate("() => { window.requestAnimationFrame = (draw) => draw(0); }")
    first.page.keyboard.press("Escape")
    expect(first.box).to_be_focused()


def test_the_log_is_one_stop_with_arrows_inside(people: People) -> None:
    """Who uses Tab would pass every name and link of a thousand lines."""
    first, second = people.new().join(), people.new().join()
    for text in ("one", "see https://example.com/"):
        second.say(text)
        first.sees(text)
    assert first.page.locator("#entries :is(button, a, summary):not([tabindex='-1'])").count() == 0
    keys = first.page.keyboard
    first.log.focus()
    keys.press("ArrowUp")
    expect(first.messages.last).to_be_focused()
    keys.press("ArrowRight")
    expect(first.messages.last.locator("a")).to_be_focused()
    keys.press("ArrowUp")
    expect(first.messages.first).to_be_focused()
    keys.press("ArrowRight")
    expect(first.messages.first.locator(".name")).to_be_focused()
    keys.press("Enter")
    expect(first.page.locator("#card")).to_be_visible()
    keys.press("Escape")
    keys.press("Escape")
    expect(first.box).to_be_focused()
    assert first.page.locator("h1").count() == 1
