from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.people import People

AA = 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_a_person_is_legible(scheme: str, people: People) -> None:
    """Somebody's name would be unreadable: fifty ids, and every hue there is, pass AA contrast."""
    person = people.new(color_scheme=scheme).open()
    ids = [str(uuid.uuid4()) for _ in range(50)]
    contrasts = person.import_and("people/person.js", _CONTRASTS, ids)
    assert len(contrasts) == 50 + 360
    assert min(contrasts) >= AA


def test_log_is_a_quiet_live_region(people: People) -> None:
    """A screen reader would miss messages, or read joins and times aloud again and again."""
    first = people.new()
    first.open()
    log = first.page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    first.wait_joined()
    second = people.new().join()
    second.say("hello")
    message = first.sees("hello")
    expect(message.locator("time")).to_have_attribute("aria-live", "off")
    expect(first.page.locator("#entries .traffic")).to_have_attribute("aria-live", "off")


def test_reduced_motion_is_respected(people: People) -> None:
    """Motion makes some people ill: with the system's switch nothing on the page moves."""
    person = people.new(reduced_motion="reduce").open()
    person.evaluate("document.querySelector('#dot').dataset.state = 'connecting'")
    assert person.evaluate("document.getAnimations().length") == 0


def test_look_can_be_chosen_and_stays(people: People) -> None:
    """Who wants it dark by day could not have it: the switch overrides the system, and is kept."""
    person = people.new(color_scheme="light").join()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = person.evaluate(ground)
    person.page.get_by_role("button", name="Options").click()
    person.page.get_by_label("Dark").check(force=True)
    dark = person.evaluate(ground)
    assert dark != light
    person.page.reload()
    assert person.evaluate(ground) == dark


# Of each name with what it stands on, as drawn: a canvas turns any colour into sRGB.
_CONTRASTS = """({ nameButton }, ids) => {
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
    const ground = luminance(getComputedStyle(document.body).backgroundColor);
    const contrast = (element) => {
        const text = luminance(getComputedStyle(element).color);
        return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    };
    const list = document.querySelector("#entries");
    const found = ids.map((id) => {
        const name = nameButton(id);
        list.append(name);
        return contrast(name);
    });
    for (let hue = 0; hue < 360; hue += 1) {
        list.lastChild.style.setProperty("--hue", hue);
        found.push(contrast(list.lastChild));
    }
    return found;
}"""
