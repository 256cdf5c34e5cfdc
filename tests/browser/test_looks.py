from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, Stage
from tests.browser.talker import talking

if TYPE_CHECKING:
    from tests.browser.people import People
    from tests.servers import RunningServer


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edge_of_the_box_can_be_seen(scheme: str, people: People) -> None:
    """The box would be a white patch on white: its edge has a contrast of 3 with both sides."""
    person = people.new(color_scheme=scheme).open()
    assert min(person.evaluate(_EDGE_CONTRASTS)) >= 3


def test_forced_colours_keep_edges_and_the_dot(people: People) -> None:
    """Borders, bubbles and the dot would vanish where the system chooses the colours."""
    person = people.new(forced_colors="active").join()
    person.say("hello")
    for selector in (".field", ".bubble", "#people-button", "#dot"):
        element = person.page.locator(selector).first
        assert element.evaluate("element => parseFloat(getComputedStyle(element).borderTopWidth)")
    person.box.focus()
    expect(person.page.locator(".field")).not_to_have_css("outline-style", "none")


def test_forced_colours_keep_what_is_marked(people: People, room: RunningServer) -> None:
    """Who is called, what was found and where one is would be marked by colours alone."""
    with Stage(people, room, forced_colors="active") as stage:
        STATES["rich"](stage)
        called = stage.person.page.locator(".mention .bubble")
        expect(called).to_have_css("outline-style", "solid")
        stage.person.page.locator("#search-button").click()
        stage.person.page.locator("#search-text").fill("tell me")
        expect(stage.person.page.locator(".hit .bubble")).to_have_css("outline-style", "solid")
        stage.person.page.locator("#where").click()
        current = stage.person.page.locator("#picker [aria-current]")
        expect(current).to_have_css("outline-style", "solid")


def test_options_can_be_reached_when_zoomed_in(people: People) -> None:
    """At 400 % the end of the options would lie below the window for good."""
    person = people.new(viewport={"width": 320, "height": 256}).join()
    person.page.get_by_role("button", name="Options").click()
    last = person.page.locator("#options dd").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=0.9)


def test_a_low_window_can_be_scrolled(people: People) -> None:
    """At 400 % one could neither send nor read while offline: the banner took all of the window."""
    person = people.new(viewport={"width": 320, "height": 200}).join()
    person.context.set_offline(True)
    expect(person.banner).to_be_visible()
    person.banner.hover()
    person.page.mouse.wheel(0, 500)
    expect(person.page.locator("#send")).to_be_in_viewport(ratio=1)
    person.page.mouse.move(160, 5)
    person.page.mouse.wheel(0, -500)
    expect(person.page.locator("#where")).to_be_in_viewport(ratio=1)
    assert person.log.evaluate("log => log.clientHeight") >= 60


def test_a_narrow_window_in_german(people: People) -> None:
    """Longer words would break the bar into three lines and squeeze a box to tick."""
    person = people.new(viewport={"width": 320, "height": 568}, locale="de-DE").open()
    expect(person.page.locator("#online")).to_have_text("1 online")
    detail = person.page.locator(".where-detail")
    assert detail.evaluate("it => it.scrollWidth <= it.clientWidth && it.clientHeight < 24")
    person.page.locator("[popovertarget=options]").click()
    boxes = person.page.locator("#options .check input")
    widths = boxes.evaluate_all("boxes => boxes.map((box) => box.clientWidth || box.offsetWidth)")
    assert len(set(widths)) == 1


def test_log_and_box_stand_on_one_line(people: People) -> None:
    """The box would stand beside the log by the width of its scroll bar."""
    person = people.new(viewport={"width": 1280, "height": 800}).join()
    person.say("hello")
    person.sees("hello")
    edges = person.evaluate(
        """[...document.querySelectorAll("#entries, .writing")].map((element) => {
            const { left, right } = element.getBoundingClientRect();
            return [left, right];
        })"""
    )
    assert edges[0] == edges[1]


def test_compact_shows_twice_as_many(people: People, room: RunningServer) -> None:
    """Who follows a busy room would see eight lines of it: without bubbles it is twice as many."""
    person = people.new(viewport={"width": 1280, "height": 800}).join()
    with talking(room.socket_url) as one, talking(room.socket_url) as other:
        for number in range(20):
            (one if number % 2 else other)(f"line {number}")
            person.sees(f"line {number}")
        high = person.evaluate("document.querySelector('#entries').offsetHeight")
        person.page.get_by_role("button", name="Options").click()
        person.page.get_by_label("Compact").check()
        assert person.evaluate("document.querySelector('#entries').offsetHeight") < high / 2
    person.page.reload()
    expect(person.page.locator("body")).to_have_class("compact")


# Of the border of the box with what is inside and outside of it, as drawn.
_EDGE_CONTRASTS = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const luminance = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
            const part = byte / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const field = document.querySelector(".field");
    const edge = luminance(getComputedStyle(field).boxShadow.match(/^\\S*\\([^)]*\\)|^#\\w+/)[0]);
    return [getComputedStyle(field), getComputedStyle(document.body)].map((style) => {
        const ground = luminance(style.backgroundColor);
        return (Math.max(edge, ground) + 0.05) / (Math.min(edge, ground) + 0.05);
    });
}"""


def test_the_search_closes_at_its_end(people: People) -> None:
    """Who closes the search would look for the button between its field and its hits."""
    person = people.new(viewport={"width": 1280, "height": 800}).join()
    person.page.locator("#search-button").click()
    person.page.locator("#search-text").fill("x")
    last = "(form) => [...form.children].sort((a, b) => a.offsetLeft - b.offsetLeft).at(-1).id"
    assert person.page.locator("#search").evaluate(last) == "search-close"


def test_parts_of_the_options_stand_evenly_apart(people: People) -> None:
    """A heading would stick to the box above it."""
    phone = {"width": 390, "height": 780}
    person = people.new(viewport=phone, has_touch=True, is_mobile=True).join()
    person.page.get_by_role("button", name="Options").click()
    above, below = person.evaluate(
        """() => {
            const of = (name) => document.querySelector(name).getBoundingClientRect();
            const traffic = of("label:has(#show-traffic)");
            const alerts = of(".alerts");
            return [alerts.top - traffic.bottom, of(".with-touch").top - alerts.bottom];
        }"""
    )
    assert above == pytest.approx(below, abs=1)
    assert above > 8


def test_what_becomes_of_a_line_stands_under_it(people: People, room: RunningServer) -> None:
    """On a phone it would begin anywhere: it ends where the line does."""
    with Stage(people, room, viewport={"width": 390, "height": 780}) as stage:
        STATES["slow"](stage)
        delivery = stage.person.page.locator(".delivery")
        expect(delivery).to_have_css("text-align", "right")
        assert delivery.evaluate("(it) => parseFloat(getComputedStyle(it).paddingTop)") >= 4


def test_bubbles_are_as_narrow_as_their_text(people: People) -> None:
    """A yes would take the room of a paragraph."""
    person = people.new(viewport={"width": 1280, "height": 800}).join()
    person.say("yes")
    bubble = person.sees("yes").locator(".bubble").bounding_box()
    assert bubble is not None
    assert bubble["width"] < 100
