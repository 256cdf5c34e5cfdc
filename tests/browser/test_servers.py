from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser import fakes
from tests.browser.fakes import FakeServer
from tests.browser.listing import listed

if TYPE_CHECKING:
    from tests.browser.people import People, Person
    from tests.servers import RunningServer

DEAD = "ws://127.0.0.1:9/"


def open_picker(person: Person) -> None:
    person.page.get_by_role("button", name="choose a server").click()


def test_picker_tells_before_joining(people: People, room: RunningServer) -> None:
    """People would join blindly: the list tells what is reachable, how far, and how full."""
    with FakeServer(fakes.go_like) as go, listed(room, Go=go.url, Dead=DEAD):
        people.hosts |= {go.host, "127.0.0.1:9"}
        person = people.new().join()
        open_picker(person)
        rows = person.page.locator("#picker .server")
        expect(rows.locator(".server-name bdi")).to_have_text(["wschat", "Go", "Dead"])
        states = rows.locator(".server-state")
        expect(states.nth(0)).to_have_text(re.compile(r"^reachable · 1 online · \d+ ms$"))
        expect(states.nth(1)).to_have_text(re.compile(r"^reachable · \d+ ms$"))
        expect(states.nth(2)).to_have_text("no answer")
        assert go.connections == 0, "a probe that opens a socket announces a member"


def test_closing_the_picker_leads_back(people: People) -> None:
    """Who glanced at the list in mid-sentence would open it again with the Enter that sends."""
    person = people.new().join()
    keys = person.page.keyboard
    keys.type("half a ")
    person.page.locator("#where").click()
    expect(person.page.locator("#picker")).to_be_visible()
    keys.press("Escape")
    expect(person.box).to_be_focused()
    keys.type("thought")
    keys.press("Enter")
    person.sees("half a thought")
    # Who came by keys goes on from where they were.
    person.page.locator("#where").focus()
    keys.press("Enter")
    expect(person.page.locator("#picker")).to_be_visible()
    keys.press("Escape")
    expect(person.page.locator("#where")).to_be_focused()


def test_switching_says_so(people: People, room: RunningServer) -> None:
    """Who changes rooms would not know where they speak: one is left, the other entered."""
    with FakeServer(fakes.go_like) as go, listed(room, Go=go.url):
        people.hosts.add(go.host)
        first, second = people.new().join(), people.new().join()
        expect(first.page.locator("#online")).to_have_text("2 online")
        open_picker(second)
        second.page.locator("#picker .server", has_text="Go").click()
        second.sees("in Go")
        dividers = second.page.locator("#entries .divider")
        expect(dividers.filter(has_text="You left wschat for Go")).to_have_count(1)
        expect(dividers.filter(has_text="You joined Go as 7f3a")).to_have_count(1)
        expect(second.page).to_have_title("Go")
        expect(second.page.locator("#server-name")).to_have_text("Go")
        expect(first.page.locator("#online")).to_have_text("1 online")
        second.say("only in Go")
        second.sees("only in Go")
        first.say("only here")
        first.sees("only here")
        assert "only in Go" not in first.texts


def test_choice_is_remembered_for_the_visit(people: People, room: RunningServer) -> None:
    """A reload would throw people back to another room; and the address can be passed on."""
    with FakeServer(fakes.go_like) as go, listed(room, Go=go.url):
        people.hosts.add(go.host)
        person = people.new().join()
        open_picker(person)
        person.page.locator("#picker .server", has_text="Go").click()
        person.sees("in Go")
        assert person.page.url.endswith("?server=Go")
        person.open()
        person.sees("in Go")


def test_deep_link_to_an_unknown_server(people: People) -> None:
    """A stale link would end nowhere: the page says that it knows no such server, and works."""
    person = people.new().join("?server=<b>gone</b>")
    expect(person.page.locator("#entries .notice")).to_have_text(
        "This page knows no server called <b>gone</b>: this is wschat."
    )


@pytest.mark.processes
def test_list_for_other_pages(room: RunningServer) -> None:
    """Other pages of the family could not offer these servers: they may read the list."""
    with (
        listed(room, Two="ws://two.example/", One="wss://one.example/"),
        urlopen(room.url + "servers") as answer,
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert list(json.load(answer).items()) == [
            ("wschat", room.socket_url),
            ("Two", "ws://two.example/"),
            ("One", "wss://one.example/"),
        ]


def test_encrypted_page_and_plain_server(people: People) -> None:
    """A browser forbids it without a word: under https the list says why it cannot be joined."""
    person = people.new().open()
    listed_there = person.import_and(
        "room/servers.js",
        """({ Servers }) => new Servers(
            { name: "own", servers: [{ name: "plain", url: "ws://other.example/" },
                                     { name: "safe", url: "wss://other.example/" }] },
            { read: (key, fallback) => fallback },
            new URL("https://proxy.example/some/prefix/?server=plain#x"),
        ).all""",
    )
    assert [server["url"] for server in listed_there] == [
        "wss://proxy.example/some/prefix/",
        "ws://other.example/",
        "wss://other.example/",
    ]
    assert [bool(server["obstacle"]) for server in listed_there] == [False, True, False]
    assert "encrypted" in listed_there[1]["obstacle"]


def test_the_link_to_invite_stays_in_reach(people: People) -> None:
    """Once somebody spoke, there would be no way to bring one more into the talk."""
    person = people.new(permissions=["clipboard-read", "clipboard-write"]).join()
    person.say("hello")
    person.sees("hello")
    invite = person.page.get_by_role("button", name="Copy link to invite")
    if not invite.is_visible():
        person.page.locator("#people-button").click()
    invite.click()
    expect(person.page.locator("#said")).to_have_text("Link copied")
    assert person.evaluate("navigator.clipboard.readText()") == person.page.url
