"""What a first visit costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.test_composer import GIVE_FILE

if TYPE_CHECKING:
    from playwright.sync_api import Request

    from tests.browser.people import People

REQUESTS = 46
BYTES = 80_000


def test_a_first_visit_stays_light(people: People) -> None:
    """The page would take long on a slow network: few requests and few bytes."""
    person = people.new(service_workers="allow")
    done: list[Request] = []
    person.page.on("requestfinished", lambda request: done.extend([request]))
    person.join()
    expect(person.page.locator("#online")).to_have_text("1 online")
    # On a slow machine there are some more by now: what keeps the page, a second after one joined,
    # and /online, which is asked again and again.
    done = [request for request in done if "/shell." not in request.url]
    done = list({request.url: request for request in reversed(done)}.values())
    sizes = [request.sizes() for request in done]
    total = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    assert len(done) <= REQUESTS, [request.url for request in done]
    assert total <= BYTES, sorted(
        (request.sizes()["responseBodySize"], request.url) for request in done
    )
    page = next(request for request in done if request.is_navigation_request()).response()
    assert page is not None
    assert page.headers["content-encoding"] == "gzip"


def test_what_could_not_be_loaded_is_loaded_with_the_next_try(people: People) -> None:
    """A button pressed in a tunnel would do nothing ever after, and a command be lost."""
    person = people.new(permissions=["clipboard-read", "clipboard-write"]).join()
    page = person.page
    for name in ("search", "message_actions", "commands", "clipboard"):
        page.route(f"**/{name}.*.js", lambda route: route.abort())
    person.say("`here`\n```\nis a line\n```")
    row = person.messages.last
    said = page.locator("#said")
    assert person.evaluate(GIVE_FILE, "paste")
    expect(said).to_contain_text("Pictures and files cannot be sent")
    row.get_by_role("button", name="Copy").click()
    expect(said).to_contain_text("could not be loaded")
    person.evaluate("document.querySelector('#said').textContent = ''")
    with page.expect_event("requestfailed", lambda lost: "/message_actions." in lost.url):
        row.hover()
    with page.expect_event("requestfailed", lambda lost: "/search." in lost.url):
        page.locator("#search-button").click()
    expect(said).to_contain_text("could not be loaded")
    with page.expect_event("requestfailed", lambda lost: "/commands." in lost.url):
        person.say("/me")
    expect(person.box).to_have_value("/me")
    page.unroute_all()
    person.box.press("Enter")
    expect(page.locator("#entries")).to_contain_text("You are ")
    row.hover()
    expect(page.get_by_role("button", name="Reply")).to_be_visible()
    page.locator("#search-button").click()
    expect(page.locator("#search")).to_be_visible()
    row.get_by_role("button", name="Copy").click()
    expect(said).to_have_text("Code copied")
    assert person.evaluate("navigator.clipboard.readText()") == "is a line"
