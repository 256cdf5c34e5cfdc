"""How the page starts, with everything there or without."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from playwright.sync_api import Route

    from tests.browser.people import People, Person

SCRIPT = "**/main.*.js"
STYLE = "**/page.*.css"
LOST = "This page did not load completely"


def abort(route: Route) -> None:
    """Lose a request, as a browser does when the network changes."""
    route.abort("connectionfailed")


def lose_once(person: Person, pattern: str) -> None:
    """Lose a part until the page was loaded: a preload that is lost, Chromium asks for again."""
    person.page.route(pattern, abort)
    person.page.once("load", lambda _: person.page.unroute(pattern))


def lose_questions(person: Person, times: int) -> None:
    """Lose so many of the requests by which the page asks whether its server can be reached."""
    left = iter(range(times))

    def answer(route: Route) -> None:
        if route.request.resource_type == "fetch" and next(left, None) is not None:
            abort(route)
        else:
            route.fallback()

    person.page.route("**/*", answer)


def is_loaded_twice(person: Person) -> AbstractContextManager[object]:
    """Wait for the second load of the page that is opened within."""
    loads = count(1)
    return person.page.expect_event("load", lambda _: next(loads) == 2)


@pytest.mark.parametrize("pattern", [SCRIPT, STYLE])
def test_page_that_lost_a_part_is_loaded_again(pattern: str, people: People) -> None:
    """Whose phone changed its network meanwhile would look at a dead page until told to reload."""
    person = people.new()
    lose_once(person, pattern)
    with is_loaded_twice(person):
        person.open()
    person.wait_joined()
    expect(person.banner).to_be_hidden()
    assert person.evaluate("sessionStorage.getItem('wschat.reloads')") == "0"


def test_page_waits_for_the_network_to_come_back(people: People) -> None:
    """A reload without a network would put the browser's own page in this one's place."""
    person = people.new()
    lose_once(person, SCRIPT)
    lose_questions(person, times=1)
    with is_loaded_twice(person):
        with person.page.expect_event("requestfailed", lambda lost: lost.resource_type == "fetch"):
            person.open()
        expect(person.banner).to_contain_text(LOST)
    person.wait_joined()


def test_page_that_cannot_be_whole_says_so(people: People) -> None:
    """A page that lacks a script would say that it is connecting, for ever."""
    person = people.new()
    person.page.clock.install(time=0)
    person.page.clock.pause_at(1)
    person.page.route(SCRIPT, abort)
    person.open()
    expect(person.banner).to_contain_text(LOST)
    expect(person.dot).to_have_attribute("data-state", "waiting")
    with person.page.expect_navigation():
        person.banner.get_by_role("button", name="Load again").click()
    expect(person.banner).to_contain_text(LOST)
    assert person.evaluate("sessionStorage.getItem('wschat.reloads')") == "2"
    person.page.unroute(SCRIPT)
    with person.page.expect_navigation():
        person.page.clock.run_for(2_000)
    person.page.clock.resume()
    person.wait_joined()
