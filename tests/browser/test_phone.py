from __future__ import annotations

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
    """Small buttons are missed: those of the page are 38 CSS pixels or more in each direction."""
    person = people.new(**PHONE).open()
    box = person.page.locator(selector).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 38
