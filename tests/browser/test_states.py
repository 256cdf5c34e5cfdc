from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.fakes import FakeServer
from tests.browser.listing import listed
from tests.browser.states import STATES, Stage

if TYPE_CHECKING:
    from tests.browser.people import People, Person
    from tests.servers import RunningServer


def violations(person: Person) -> list[object]:
    found = Axe().run(person.page).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_read_and_operated(
    state: str, people: People, room: RunningServer
) -> None:
    """Some people could not read or operate the page: axe-core finds nothing in any look."""
    # axe-core runs inside the page; its policy is tested elsewhere.
    options = {"bypass_csp": True, "reduced_motion": "reduce"}
    with Stage(people, room, **options) as stage:
        STATES[state](stage)
        page = stage.person.page
        for scheme, forced in (("light", "none"), ("dark", "none"), ("light", "active")):
            page.emulate_media(color_scheme=scheme, forced_colors=forced)  # type: ignore[arg-type]
            assert violations(stage.person) == [], (scheme, forced)


def empty_text(person: Person) -> str:
    return person.page.locator("#empty").inner_text()


def test_an_empty_room_says_what_is_true(people: People, room: RunningServer) -> None:
    """Who is banned or offline would read that everybody sees what they say."""
    person = people.new().join()
    assert "everybody in the room sees it. Whoever comes later does not" in empty_text(person)
    person.context.set_offline(True)
    expect(person.page.locator("#empty")).to_contain_text("sent when the network is back")
    with Stage(people, room) as stage:
        STATES["connecting"](stage)
        assert "You are not in the room yet" in empty_text(stage.person)
    with Stage(people, room) as stage:
        STATES["turned-away"](stage)
        expect(stage.person.page.locator("#empty")).to_contain_text("Nobody sees you at the moment")
    with (
        FakeServer(fakes.closing(4002, error="banned: advertising")) as server,
        listed(room, fake=server.url),
    ):
        people.hosts.add(server.host)
        banned = people.new().join("?server=fake")
        assert "everybody in the room sees it." in empty_text(banned)
        assert "later" not in empty_text(banned)
        banned.say("anything")
        expect(banned.page.locator("#empty")).to_contain_text("stays here until you join again")


def test_an_end_is_told_once(people: People, room: RunningServer) -> None:
    """A kick was told three times, a ban as "banned: banned", and coming back as being offline."""
    with (
        FakeServer(fakes.closing(4002, error="banned: advertising")) as server,
        listed(room, fake=server.url),
    ):
        people.hosts.add(server.host)
        person = people.new().join("?server=fake")
        person.say("buy")
        expect(person.banner).to_contain_text("fake ended the connection: banned: advertising.")
        person.page.wait_for_timeout(700)  # longer than an objection waits for the end
        assert person.page.get_by_text("advertising").count() == 2  # once more for screen readers
        person.banner.get_by_role("button", name="Join again").click()
        expect(person.page.locator("#entries .divider").last).to_have_text(
            "Joined again after banned: advertising; you are now 7f3a"
        )


def test_a_dead_server_is_told_once_to_screen_readers(people: People, room: RunningServer) -> None:
    """A dead server would talk over everything: 21 times in 42 seconds."""
    with FakeServer(fakes.mute) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new().join("?server=fake")
        person.evaluate(_LISTEN)
    for _ in range(4):
        expect(person.banner).to_contain_text("Next try")
        person.banner.get_by_role("button", name="Reconnect now").click()
    expect(person.banner).to_contain_text("Next try")
    heard = person.evaluate("heard")
    assert [text for text in heard if text] == [heard[0]]
    assert "was lost" in heard[0]
    with FakeServer(fakes.mute, port=server.port):
        person.evaluate("dispatchEvent(new Event('online'))")
        expect(person.page.locator("#spoken")).to_have_text("Connected again.")


_LISTEN = """() => {
    window.heard = [];
    for (const region of document.querySelectorAll("[role=status]")) {
        new MutationObserver(() => heard.push(region.textContent))
            .observe(region, { childList: true, characterData: true, subtree: true });
    }
}"""
