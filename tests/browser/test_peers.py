"""Our page in the rooms of the family's other servers, each as `bench/peers` models it."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.browser.listing import listed
from tests.peers import peer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import WebSocketRoute

    from tests.browser.people import People, Person
    from tests.servers import RunningServer

PEERS = ("go_like", "cpp_like", "rust_like", "fastapi_like")
# These end the connection for what is no JSON, and say nothing.
ENDS = {"go_like"}
HOUR = 3600
SPOILT = "spoilt on the way"


@pytest.fixture(scope="module", params=PEERS)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Run one peer after the other; its name and address."""
    with peer(request.param) as url:
        yield request.param, url


@contextmanager
def visiting(url: str, people: People, room: RunningServer) -> Iterator[Person]:
    """Bring somebody to a peer by a deep link."""
    with listed(room, peer=url):
        people.hosts.add(urlsplit(url).netloc)
        yield people.new().join("?server=peer")


@contextmanager
def another(url: str) -> Iterator[ClientConnection]:
    """Bring in somebody with a client of the family, which sends no name and no time."""
    with connect(url, origin=Origin("http://127.0.0.1:80"), compression=None) as client:
        client.recv()
        time.sleep(0.05)  # some let in a moment after the connect
        yield client


def say(client: ClientConnection, contents: str) -> None:
    """Say something as the family's own clients do."""
    message = {"sender": "", "action": "chat", "contents": contents, "timestamp": 0}
    client.send(json.dumps(message))


def test_a_conversation(people: People, room: RunningServer, served: tuple[str, str]) -> None:
    """Own lines would stay unsent, others' be taken for one's own, times be of another year."""
    name, url = served
    with visiting(url, people, room) as person, another(url) as other:
        person.say("héllo 😀")
        expect(person.sees("héllo 😀")).to_contain_text("you")
        expect(person.unsent).to_have_count(0)
        say(other, f"greetings from {name}")
        theirs = person.sees(f"greetings from {name}")
        expect(theirs).not_to_contain_text("you")
        for message in (theirs, person.sees("héllo 😀")):
            told = message.locator("time").get_attribute("datetime")
            assert told is not None
            assert abs(datetime.fromisoformat(told).timestamp() - time.time()) < HOUR
        heard = [json.loads(other.recv())["contents"] for _ in range(2)]
        assert sorted(heard) == sorted(["héllo 😀", f"greetings from {name}"])


def test_a_leave(people: People, room: RunningServer, served: tuple[str, str]) -> None:
    """Who left would stay in the list for ever where a leave is spelt `discconnect`."""
    _, url = served
    with visiting(url, people, room) as person:
        with another(url):
            expect(person.page.locator("#people-list li")).to_have_count(2)
        expect(person.page.locator(".traffic summary")).to_have_text("1 joined, 1 left")
        expect(person.page.locator("#people-list li")).to_have_count(1)


def test_a_bad_message(people: People, room: RunningServer, served: tuple[str, str]) -> None:
    """A line that a server refuses would be lost, or its error be shown again and again."""

    def spoil(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        route.on_message(lambda said: server.send("no JSON" if SPOILT in str(said) else said))

    name, url = served
    with listed(room, peer=url):
        people.hosts.add(urlsplit(url).netloc)
        person = people.new()
        person.page.route_web_socket(url, spoil)
        person.join("?server=peer")
        person.say(SPOILT)
        expect(person.unsent).to_contain_text("may not have arrived")
        person.wait_joined()
        person.say("after it")
        expect(person.sees("after it")).to_contain_text("you")
        objections = person.page.locator(".notice[data-tone=bad]")
        expect(objections).to_have_count(0 if name in ENDS else 1)
        if name not in ENDS:
            expect(objections).to_have_text("peer: bad message")
        expect(person.unsent).to_have_count(1)
        expect(person.unsent.get_by_role("button", name="Retry")).to_be_visible()
