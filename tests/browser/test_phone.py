from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.people import People

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 780},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


def test_chat_on_a_phone(people: People) -> None:
    """On a phone the page would be too wide or cover the talk: all fits, people are a layer."""
    first, second = people.new(**PHONE).join(), people.new().join()
    second.say("hello " * 60)
    first.say("from the phone")
    second.sees("from the phone")
    assert first.evaluate("document.documentElement.scrollWidth") == 390
    expect(first.page.locator("#people")).to_be_hidden()
    first.page.locator("#people-button").tap()
    expect(first.page.locator("#people")).to_be_in_viewport()
    first.page.locator("#people-close").tap()
    expect(first.page.locator("#people")).to_be_hidden()


def test_keyboard_on_the_screen(people: People) -> None:
    """The keyboard would hide the box and the last line: both stay in sight as the page shrinks."""
    first, second = people.new(**PHONE).join(), people.new().join()
    for number in range(30):
        second.say(f"line {number}")
    first.sees("line 29")
    first.page.set_viewport_size({"width": 390, "height": 420})
    expect(first.box).to_be_in_viewport(ratio=1)
    expect(first.sees("line 29")).to_be_in_viewport(ratio=1)


def test_sending_keeps_the_keyboard(people: People) -> None:
    """A tap on Send would close the keyboard after every line: the focus stays in the box."""
    person = people.new(**PHONE).join()
    person.box.tap()
    person.page.keyboard.type("hello")
    person.page.get_by_role("button", name="Send").tap()
    person.sees("hello")
    expect(person.box).to_be_focused()


@pytest.mark.parametrize("selector", ["#where", "#people-button", "#send", "[popovertarget]"])
def test_buttons_fit_a_finger(selector: str, people: People) -> None:
    """Small buttons are missed: those of the page are 44 CSS pixels or more in each direction."""
    person = people.new(**PHONE).open()
    box = person.page.locator(selector).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44


def test_panel_closes_by_a_tap_outside_and_by_back(people: People) -> None:
    """Back would leave the chat, and a tap beside the panel do nothing."""
    person = people.new(**PHONE).join()
    panel = person.page.locator("#people")
    person.page.locator("#people-button").tap()
    expect(panel).to_be_visible()
    person.page.locator("#people-shade").tap(position={"x": 5, "y": 300})
    expect(panel).to_be_hidden()
    person.page.locator("#people-button").tap()
    expect(panel).to_be_visible()
    person.page.go_back()
    expect(panel).to_be_hidden()
    expect(person.dot).to_have_attribute("data-state", "open")
    person.page.locator("#people-button").tap()
    person.context.set_offline(True)
    expect(person.dot).to_have_attribute("data-state", "offline")
    person.context.set_offline(False)
    expect(person.dot).to_have_attribute("data-state", "open")
    person.page.locator("#people-close").tap()
    person.page.go_back()
    assert person.page.url == "about:blank", "a closed panel left Back a step"


_IS_LOADED = """() => performance.getEntriesByType("resource").some(
    ({ name, responseEnd }) => name.includes("/message_actions.") && responseEnd > 0)"""


def test_a_swipe_replies(people: People) -> None:
    """The browser would take a swipe for scrolling, and nothing would come of it."""
    first, second = people.new(**PHONE).join(), people.new().join()
    second.say("hello over there")
    row = first.sees("hello over there").bounding_box()
    assert row is not None
    row["y"] += row["height"] - 15
    first.page.wait_for_function(_IS_LOADED)
    hand = first.context.new_cdp_session(first.page)
    for number, kind in enumerate(["touchStart", *["touchMove"] * 10]):
        points = [{"x": row["x"] + 90 + 10 * number, "y": row["y"]}]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(first.box).to_have_value(re.compile("^@[0-9a-f]{4} > hello over there\n$"))


def test_a_long_press_replies_once(people: People) -> None:
    """The finger that is lifted would take the keyboard away: the reply could not be typed."""
    first, second = people.new(**PHONE).join(), people.new().join()
    second.say("hello over there")
    row = first.sees("hello over there")
    place = row.locator(".text").bounding_box()
    assert place is not None
    first.page.wait_for_function(_IS_LOADED)
    first.evaluate(_WATCH_MENU)
    hand = first.context.new_cdp_session(first.page)
    points = [{"x": place["x"] + 20, "y": place["y"] + place["height"] / 2}]
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
    reply = re.compile("^@[0-9a-f]{4} > hello over there\n$")
    expect(first.box).to_have_value(reply)
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    first.page.keyboard.type("and here")
    expect(first.box).to_have_value(re.compile("^@[0-9a-f]{4} > hello over there\nand here$"))
    expect(first.box).to_be_focused()
    expect(row).not_to_have_class(re.compile("told"))
    assert first.evaluate("[menus, String(getSelection())]") == [0, ""]
    # Where browsers have a menu of their own, it comes while the finger is down.
    assert row.evaluate(_ASK_FOR_MENU), "the browser's menu would cover the reply"


_WATCH_MENU = """() => {
    window.menus = 0;
    document.addEventListener("contextmenu", (event) => { menus += !event.defaultPrevented; });
}"""
_ASK_FOR_MENU = """(row) => !row.querySelector(".text").dispatchEvent(new PointerEvent(
    "contextmenu", { pointerType: "touch", bubbles: true, cancelable: true }))"""


def test_fingers_do_what_keys_do(people: People) -> None:
    """Enter would send half a thought; a time, a person or a reply could not be reached."""
    first, second = people.new(**PHONE).join(), people.new().join()
    first.box.tap()
    first.page.keyboard.type("one")
    first.page.keyboard.press("Enter")
    first.page.keyboard.type("two")
    expect(first.box).to_have_value("one\ntwo")
    expect(first.box).to_have_attribute("enterkeyhint", "enter")
    first.box.fill("")
    for text in ("hello", "and more"):
        second.say(text)
    row = first.sees("and more")
    row.locator(".text").tap()
    expect(row.locator(":scope > time")).to_have_css("opacity", "1")
    row.get_by_role("button", name="Reply").tap()
    expect(first.box).to_have_value(re.compile("^@[0-9a-f]{4} > and more\n$"))
    first.sees("hello").locator(".picture-button").tap()
    expect(first.page.locator("#card")).to_be_visible()
    first.page.keyboard.press("Escape")
    first.page.locator("[popovertarget=options]").tap()
    expect(first.page.locator("#options .with-touch")).to_be_visible()
    expect(first.page.locator("#options .with-keys")).to_be_hidden()
