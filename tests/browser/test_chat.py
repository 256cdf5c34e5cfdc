from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.people import People

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def test_three_people_talk(people: People) -> None:
    """Nobody could talk: what one says is seen by all, in the same order, and one's own apart."""
    first, second, third = (people.new().join() for _ in range(3))
    first.say("hello from the first")
    second.sees("hello from the first")
    second.say("hello from the second")
    third.sees("hello from the second")
    third.say("hello from the third")
    expected = [f"hello from the {which}" for which in ("first", "second", "third")]
    for person in (first, second, third):
        person.sees(expected[-1])
        assert person.texts == expected
    expect(first.page.locator("#entries .message.mine")).to_have_count(1)
    expect(second.sees(expected[1])).to_contain_text("you")


def test_join_and_leave_are_seen(people: People) -> None:
    """People would not know who is there: joining and leaving changes the roster and the log."""
    first = people.new().join()
    others = [people.new().join() for _ in range(2)]
    expect(first.page.locator("#people-list li")).to_have_count(3)
    expect(first.page.locator("#online")).to_have_text("3 online")
    for other in others:
        other.context.close()
    expect(first.page.locator("#people-list li")).to_have_count(1)
    expect(first.page.locator("#people-count")).to_have_text("1 online")
    expect(first.page.locator("#entries .traffic summary")).to_have_text("2 joined, 2 left")


def test_true_number_counts_those_who_came_before(people: People) -> None:
    """A newcomer would think that the room is empty: the server's own count stands beside."""
    people.new().join()
    second = people.new().join()
    expect(second.page.locator("#people-count")).to_have_text(
        "2 online, 1 of them seen since you joined"
    )


def test_who_speaks_is_in_the_roster(people: People) -> None:
    """Somebody who was there before would stay unknown for ever: their first message tells."""
    first = people.new().join()
    second = people.new().join()
    first.say("I have been here for a while")
    second.sees("I have been here for a while")
    expect(second.page.locator("#people-list li")).to_have_count(2)


def test_joins_are_condensed_and_can_be_hidden(people: People) -> None:
    """Comings and goings would bury the talk: they take one line, open on demand, and can go."""
    first = people.new().join()
    for _ in range(3):
        people.new().join().context.close()
    traffic = first.page.locator("#entries .traffic")
    expect(traffic).to_have_count(1)
    expect(traffic.locator("summary")).to_have_text("3 joined, 3 left")
    traffic.locator("summary").click()
    expect(traffic.locator("li").first).to_be_visible()
    first.page.get_by_role("button", name="Options").click()
    first.page.get_by_label("Show who joins and leaves").uncheck()
    expect(traffic).to_be_hidden()
    first.page.reload()
    expect(first.page.locator("body")).to_have_class("no-traffic")


def test_consecutive_messages_are_grouped(people: People) -> None:
    """Every line would repeat its sender: a run of one sender has one head, another starts anew."""
    first, second = people.new().join(), people.new().join()
    first.say("one")
    first.say("two")
    second.sees("two")
    second.say("three")
    first.sees("three")
    expect(second.page.locator("#entries .message .head")).to_have_count(2)
    expect(second.sees("one").locator("time")).to_have_attribute("datetime", _TIME)


def test_several_lines_and_the_counter(people: People) -> None:
    """A long text would cost the connection: lines stay, and the limit shows before it hurts."""
    person = people.new().join()
    person.box.fill("first")
    person.box.press("Shift+Enter")
    person.page.keyboard.type("second")
    person.box.press("Enter")
    expect(person.messages.locator(".text")).to_have_text("first\nsecond")
    limit = person.page.locator("#limit")
    person.box.fill("é" * 27_000)
    expect(limit).to_contain_text("bytes left")
    person.box.fill("é" * 40_000)
    expect(limit).to_contain_text("too long to send")
    person.box.press("Enter")
    expect(person.box).to_have_value("é" * 40_000)
    person.box.fill("short")
    expect(limit).to_be_hidden()


def test_unread_in_title_and_new_mark(people: People) -> None:
    """Who looks away would not see what they missed: a count in the title, a mark in the log."""
    first, second = people.new().join(), people.new().join()
    second.say("before")
    first.sees("before")
    first.evaluate(_HIDE)
    second.say("one")
    second.say("two")
    expect(first.page).to_have_title("(2) wschat")
    first.evaluate(_SHOW)
    expect(first.page).to_have_title("wschat")
    expect(first.page.locator("#entries .divider.new + .message .text")).to_have_text("one")


_HIDE = """() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
_SHOW = _HIDE.replace("true, conf", "false, conf")


def test_log_follows_only_at_its_end(people: People) -> None:
    """Reading back would be impossible: new lines do not move the log, a button tells of them."""
    first, second = people.new().join(), people.new().join()
    for number in range(40):
        second.say(f"line {number}")
    first.sees("line 39")
    jump = first.page.locator("#jump")
    expect(jump).to_be_hidden()
    first.log.hover()
    first.page.mouse.wheel(0, -600)
    expect(jump).to_have_text("Jump to latest")
    expect(first.log).to_have_attribute("aria-live", "off")
    before = first.log.evaluate("log => log.scrollTop")
    second.say("while away")
    expect(jump).to_have_text("1 new message")
    assert first.log.evaluate("log => log.scrollTop") == before
    jump.click()
    expect(first.sees("while away")).to_be_in_viewport()
    expect(jump).to_be_hidden()
    expect(first.log).to_have_attribute("aria-live", "polite")


def test_card_copies_and_mutes(people: People) -> None:
    """A pest could not be muted: by a click their lines go, here only, also after a reload."""
    first = people.new(permissions=["clipboard-read", "clipboard-write"]).join()
    second, third = people.new().join(), people.new().join()
    second.say("buy this")
    name = first.sees("buy this").locator(".name")
    whole = name.get_attribute("data-person")
    name.click()
    card = first.page.locator("#card")
    expect(card.locator("code")).to_have_text(whole or "")
    card.get_by_role("button", name="Copy id").click()
    expect(first.page.locator("#said")).to_have_text("Id copied")
    assert first.evaluate("navigator.clipboard.readText()") == whole
    name.click()
    card.get_by_role("button", name="Mute").click()
    expect(name).to_be_hidden()
    second.say("buy it now")
    first.sees_all_said(third)
    third.sees("buy it now")
    assert "buy it now" not in first.texts
    first.page.reload()
    first.wait_joined()
    second.say("still cheap")
    first.sees_all_said(third)
    assert "still cheap" not in first.texts
    first.page.locator(f"#people [data-person='{whole}']").click()
    card.get_by_role("button", name="Unmute").click()
    second.say("cheaper")
    first.sees("cheaper")


def test_draft_survives_a_reload(people: People) -> None:
    """A slip on the reload key would cost what was typed: it is still in the box."""
    person = people.new().join()
    person.box.fill("half a thought")
    person.page.reload()
    expect(person.box).to_have_value("half a thought")
