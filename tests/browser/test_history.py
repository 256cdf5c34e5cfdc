"""What the page knows of the time before it came, and of its own visit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.people import People
from tests.browser.states import Stage
from tests.browser.talker import talking
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.people import Person

_KINDS = """() => [...document.querySelectorAll("#entries > li")]
    .filter((row) => !row.matches(".day, .traffic"))
    .map((row) => (row.querySelector(".text") ?? row.querySelector("bdi")).textContent)"""


@pytest.fixture(scope="module")
def remembering() -> Iterator[RunningServer]:
    """Start a server that offers the last twenty lines."""
    with RunningServer(env={"WSCHAT_HISTORY": "20"}) as server:
        yield server


@pytest.fixture
def guests(browser: Browser, remembering: RunningServer) -> Iterator[People]:
    """Return those who visit it."""
    with People(browser, remembering) as people:
        yield people


def lines(person: Person) -> list[str]:
    return [re.sub(r"[0-9a-f]{4}$", "ID", line) for line in person.evaluate(_KINDS)]


def test_history_stands_before_ones_own_joining(guests: People, remembering: RunningServer) -> None:
    """Old lines would look as if said just now, and an empty room deny that it keeps them."""
    first = guests.new().join()
    expect(first.page.locator("#empty")).to_contain_text("sees the last 20 messages")
    with talking(remembering.socket_url) as say:
        say("said before")
        first.sees("said before")
        first.page.wait_for_timeout(1100)  # the page tells past from present by whole seconds
        second = guests.new().join()
        assert lines(second)[0] == "Earlier"
        assert lines(second)[-2:] == ["said before", "You joined wschat as ID"]
        expect(second.page).to_have_title("wschat")


def test_a_gap_is_closed_by_the_history(guests: People, remembering: RunningServer) -> None:
    """Lines would be missing after a tunnel, though the server keeps them."""
    person = guests.new().join()
    with talking(remembering.socket_url) as say:
        say("heard")
        person.sees("heard")
        person.context.set_offline(True)
        expect(person.banner).to_contain_text("You are offline")
        other = guests.new().join()
        say("said meanwhile")
        other.sees("said meanwhile")
        person.context.set_offline(False)
        person.sees("said meanwhile")
        expect(person.page.locator("#entries .divider").last).to_have_text(
            re.compile(r"^Offline \d+ s, nothing is missing; you are now [0-9a-f]{4}$")
        )
        assert person.texts.count("heard") == 1
        assert lines(person)[-3:-1] == ["While you were away", "said meanwhile"]
        before = len(lines(person))
        person.page.reload()
        expect(person.page.locator("#entries > li:not(.day, .traffic)")).to_have_count(before + 1)
        assert lines(person)[-1] == "You joined wschat as ID", "nobody was offline"


def test_only_what_joins_closes_a_gap(page: Person) -> None:
    """A page that missed more than the history holds would say that nothing is missing."""
    script = """({ Transcript }, [seen, history]) => {
        const store = { read: () => [], write: () => {} };
        const transcript = new Transcript(store);
        transcript.open("here");
        const said = (text) => ({ sender: "a", contents: text, at: 1, mine: false });
        for (const text of seen) transcript.add(said(text));
        const { fresh, joins } = transcript.unseen(history.map(said));
        return [fresh.map(({ contents }) => contents).join(""), joins];
    }"""

    def unseen(seen: str, history: str) -> object:
        return page.import_and("room/transcript.js", script, [[*seen], [*history]])

    assert unseen("abc", "bcde") == ["de", True]
    assert unseen("abc", "xde") == ["xde", False]
    assert unseen("aa", "aaa") == ["a", True]
    assert unseen("bc", "abcd") == ["d", True]
    assert unseen("", "ab") == ["ab", False]


def test_the_visit_survives_a_reload(people: People) -> None:
    """A tab that the phone discarded would come back empty, and one's own lines as a stranger's."""
    first, second = people.new().join(), people.new().join()
    first.say("mine")
    first.sees("mine")
    second.say("hers")
    first.sees("hers")
    first.page.reload()
    expect(first.sees("mine")).to_contain_text("you")
    expect(first.sees("hers")).not_to_have_class(re.compile("mine"))
    expect(first.page.locator("#entries .divider").last).to_have_text(
        re.compile(r"^Back after \d+ s, messages may be missing; you are now [0-9a-f]{4}$")
    )
    first.say("/clear")
    expect(first.messages).to_have_count(0)
    first.page.reload()
    first.wait_joined()
    expect(first.messages).to_have_count(0)


def change_to(person: Person, row: str, name: str) -> None:
    person.page.locator("#where").click()
    person.page.locator("#picker .server", has_text=row).click()
    expect(person.page.locator("#server-name")).to_have_text(name)
    expect(person.page.locator("#entries .divider").last).to_contain_text(f"You joined {name}")


def test_coming_back_to_a_room_repeats_nothing(people: People, room: RunningServer) -> None:
    """Who looks into another room would find the whole talk twice."""
    with Stage(people, room) as stage:
        person = stage.visit(fakes.mute)
        person.wait_joined()
        change_to(person, "this server", "wschat")
        person.say("once")
        person.sees("once")
        change_to(person, "fake", "fake")
        change_to(person, "this server", "wschat")
        assert person.texts == ["once"]
