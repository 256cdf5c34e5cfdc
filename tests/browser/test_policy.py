from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.listing import listed
from tests.browser.prefix_proxy import PrefixProxy

if TYPE_CHECKING:
    from playwright.sync_api import Response

    from tests.browser.people import People
    from tests.servers import RunningServer

pytestmark = pytest.mark.processes


def policy_of(room: RunningServer, path: str = "") -> dict[str, set[str]]:
    with urlopen(room.url + path) as answer:
        policy = answer.headers["Content-Security-Policy"]
    directives = (directive.split() for directive in policy.split("; "))
    return {name: set(sources) for name, *sources in directives}


def test_policy_names_the_listed_servers_and_no_more(room: RunningServer) -> None:
    """A hole in the page could send the talk anywhere: it may talk to the listed servers alone."""
    with listed(room, one="wss://One.example:8443/chat", two="ws://two.example/"):
        policy = policy_of(room)
    assert policy["connect-src"] == {
        "'self'",
        room.socket_url.rstrip("/"),
        "wss://one.example:8443",
        "https://one.example:8443",
        "ws://two.example",
        "http://two.example",
    }


SITE = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "manifest-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
}


def test_policies_allow_what_is_needed_and_no_more(room: RunningServer) -> None:
    """One directive less, and a hole in the page could load scripts, send forms or make markup."""
    assert policy_of(room, "admin/login/") == SITE
    page = policy_of(room)
    assert page.pop("connect-src") == {"'self'", room.socket_url.rstrip("/")}
    assert page == {name: sources for name, sources in SITE.items() if name != "connect-src"} | {
        "img-src": {"'self'"},
        "font-src": {"'none'"},
        "form-action": {"'none'"},
        "require-trusted-types-for": {"'script'"},
        "trusted-types": {"worker"},
    }


@pytest.mark.parametrize("path", ["", "servers", "online", "admin/login/"])
def test_every_answer_is_guarded(path: str, room: RunningServer) -> None:
    """One unguarded answer would be the way in: each has a policy without exceptions, and more."""
    with urlopen(room.url + path) as answer:
        headers = answer.headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_admin_looks_right_under_the_policy(people: People) -> None:
    """Operators would see a page without style: nothing of the admin's is blocked."""
    person = people.new().open("admin/")
    expect(person.page.get_by_label("Username")).to_be_visible()
    assert person.evaluate("document.styleSheets.length") > 0


def test_static_files_are_hashed_and_cached(people: People) -> None:
    """Each visit would load all anew, or an old script after an update: names have hashes."""
    person = people.new()
    files: list[Response] = []

    def note(answer: Response) -> None:
        if "/static/" in answer.url:
            files.append(answer)

    person.page.on("response", note)
    person.join()
    assert len(files) > 30
    for answer in files:
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", answer.url)
        assert "immutable" in answer.headers["cache-control"]


def test_page_says_that_it_needs_javascript(people: People) -> None:
    """Without JavaScript the page would look broken: it says what it needs."""
    person = people.new(java_script_enabled=False).open()
    expect(person.page.get_by_text("This chat needs JavaScript.")).to_be_visible()


def test_manifest_and_icons_exist(people: People) -> None:
    """On a home screen the chat would have no name and no picture."""
    person = people.new().open()
    found = person.evaluate(
        """async () => {
            const link = document.querySelector("link[rel=manifest]").href;
            const manifest = await (await fetch(link)).json();
            const icons = [...manifest.icons.map((icon) => new URL(icon.src, link).href),
                           document.querySelector("link[rel=icon]").href];
            const answers = await Promise.all(icons.map((icon) => fetch(icon)));
            return [manifest.name, manifest.start_url, answers.map((answer) => answer.status)];
        }"""
    )
    assert found == ["wschat", "./", [200, 200, 200, 200]]


def test_page_works_under_a_prefix(people: People, room: RunningServer) -> None:
    """Behind a proxy under a path nothing would load: all addresses are relative."""
    with PrefixProxy("/some/chat", room.port) as proxy:
        people.hosts.add(proxy.host)
        first = people.new(f"http://{proxy.host}/some/chat/").join()
        second = people.new().join()
        first.say("through the proxy")
        second.sees("through the proxy")
        expect(first.page.locator("#online")).to_have_text("2 online")
