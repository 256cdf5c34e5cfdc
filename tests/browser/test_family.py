from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.fakes import FakeServer
from tests.browser.listing import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.server import ServerConnection

    from tests.browser.fakes import Habit
    from tests.browser.people import People, Person
    from tests.servers import RunningServer


@contextmanager
def visiting(habit: Habit, people: People, room: RunningServer) -> Iterator[Person]:
    """Bring somebody to a fake server by a deep link."""
    with FakeServer(habit) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        yield people.new(timezone_id="UTC", locale="en-GB").open("?server=fake")


def test_go_like(people: People, room: RunningServer) -> None:
    """The Go server's nanoseconds and missing fields would show 1970, or break the page."""
    with visiting(fakes.go_like, people, room) as person:
        message = person.sees("in Go")
        expect(message.locator("time")).to_have_attribute("datetime", "2023-11-14T22:13:20.123Z")
        expect(message.locator("time")).to_have_text("22:13")
        person.sees("(empty message)")
        expect(person.page.locator("#entries .traffic")).to_have_text(
            "0a0a joined" * 1, use_inner_text=True
        )
        person.say("héllo")
        person.sees("héllo")
        expect(person.unsent).to_have_count(0)


def test_error_and_stays_open(people: People, room: RunningServer) -> None:
    """A server that objects and stays would look like lost text: its words show, the text stays."""
    with visiting(fakes.objecting, people, room) as person:
        person.wait_joined()
        person.say("grr")
        expect(person.page.locator(".notice[data-tone=bad]")).to_have_text("fake: say it nicely")
        expect(person.unsent).to_contain_text("may not have arrived")
        expect(person.dot).to_have_attribute("data-state", "open")
        person.say("please")
        person.sees("please")


def test_misspelt_action(people: People, room: RunningServer) -> None:
    """`discconnect` exists: who left would stay in the roster for ever."""
    with visiting(fakes.misspelling, people, room) as person:
        expect(person.page.locator(".traffic summary")).to_have_text("1 joined, 1 left")
        expect(person.page.locator("#people-list li")).to_have_count(1)


def test_chat_before_own_connect(people: People, room: RunningServer) -> None:
    """Some servers are hasty: the first sender would be taken for oneself."""
    with visiting(fakes.hasty, people, room) as person:
        person.wait_joined()
        expect(person.sees("too early")).not_to_have_class("message mine")
        person.say("mine")
        expect(person.sees("mine")).to_contain_text("you")


def test_server_that_never_says_who_one_is(people: People, room: RunningServer) -> None:
    """Lines would wait for ever where no connect comes: they are sent, and known by their echo."""
    with visiting(fakes.silent_on_joining, people, room) as person:
        expect(person.dot).to_have_attribute("data-state", "open")
        person.say("anybody?")
        expect(person.sees("anybody?")).to_contain_text("you")
        expect(person.unsent).to_have_count(0)


@pytest.mark.parametrize("sender", ["", fakes.SOMEBODY])
def test_own_words_under_another_name(people: People, room: RunningServer, sender: str) -> None:
    """A server that echoes no sender, or a foreign one, would leave each line unsent for ever."""

    def renaming(connection: ServerConnection) -> None:
        fakes.welcome(connection)
        fakes.echo(connection, sender=sender)

    with visiting(renaming, people, room) as person:
        person.wait_joined()
        for text in ("who am I", "still me"):
            person.say(text)
            expect(person.sees(text)).to_have_class(re.compile(r"\bmine\b"))
        expect(person.unsent).to_have_count(0)
        expect(person.page.locator("#people-list li")).to_have_count(1)


def test_no_message_makes_the_page_throw(people: People, room: RunningServer) -> None:
    """One odd message would end the chat: it shows as what it is, and the next ones come."""
    with visiting(fakes.rambling, people, room) as person:
        person.sees("in bytes")
        person.sees('{"a":1}')
        expect(person.page.locator("#entries")).to_contain_text("not JSON")
        announced = person.page.locator(".announcement")
        expect(announced).to_contain_text("Announcement")
        expect(announced.locator("bdi")).to_have_text("cake in the kitchen")
        person.say("still here")
        person.sees("still here")


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        (4001, "", "kicked"),
        (4002, "until Monday", "banned: until Monday"),
        (1007, "got text that is not JSON", "bad message: got text that is not JSON"),
        (1008, "", "the server's policy forbids it"),
    ],
)
def test_stays_away(code: int, error: str, said: str, people: People, room: RunningServer) -> None:
    """Who was thrown out would come back at once, again and again, and never know why."""
    habit = fakes.closing(code, error=error)
    with FakeServer(habit) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new()
        person.page.clock.install()
        person.join("?server=fake")
        person.say("something rude")
        expect(person.banner).to_contain_text(f"fake ended the connection: {said}.")
        expect(person.unsent).to_contain_text("may not have arrived")
        person.evaluate("dispatchEvent(new Event('online'))")
        person.page.clock.fast_forward(60_000)
        assert server.connections == 1
        person.banner.get_by_role("button", name="Join again").click()
        person.wait_joined()
        assert server.connections == 2


def test_turned_away_for_now(people: People, room: RunningServer) -> None:
    """A full room would look like a dead server: the page says why, tries on, and fills no log."""
    with FakeServer(fakes.full) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new().open("?server=fake")
        expect(person.banner).to_contain_text("fake does not let you in at the moment: 100 are in")
        person.banner.get_by_role("button", name="Reconnect now").click()
        expect(person.banner).to_contain_text("Next try in")
        expect(person.page.locator("#entries li")).to_have_count(0)
        assert server.connections >= 2


def test_close_without_an_error(people: People, room: RunningServer) -> None:
    """A server that just closes would leave a dead page: it comes back, as somebody new."""
    with FakeServer(fakes.closing(1011, reason="oops")) as server, listed(room, fake=server.url):
        people.hosts.add(server.host)
        person = people.new().join("?server=fake")
        person.say("hello")
        expect(person.page.locator("#entries .divider").last).to_contain_text("you are now 7f3a")
        assert server.connections >= 2


def test_lines_without_an_echo_are_kept(people: People, room: RunningServer) -> None:
    """A line that was never seen coming back would count as said: it stays, to send or discard."""
    with visiting(fakes.mute, people, room) as person:
        person.wait_joined()
        person.say("into the void")
        expect(person.unsent).to_contain_text("sending")
        person.page.reload()
        expect(person.unsent).to_contain_text("into the void")
        person.unsent.get_by_role("button", name="Discard").click()
        expect(person.unsent).to_have_count(0)
