"""The page is there without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.prefix_proxy import PrefixProxy

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from tests.browser.people import People, Person
    from tests.servers import RunningServer

KEPT = """async () => {
    const keys = (await caches.keys()).filter((name) => name.startsWith("wschat "));
    const requests = await Promise.all(keys.map(async (key) => (await caches.open(key)).keys()));
    return requests.flat().map(({ url }) => url.replace(document.baseURI, ""));
}"""
AS_APP = """{
    const real = matchMedia.bind(window);
    window.matchMedia = (query) =>
        query === "(display-mode: standalone)" ? { matches: true } : real(query);
}"""


def keep(person: Person) -> None:
    """Wait until the page is kept."""
    person.evaluate("() => navigator.serviceWorker.ready")


def test_an_app_opens_offline_with_what_was_said_last(people: People) -> None:
    """Who opens the app in a tunnel would find the browser's own page, or an empty one."""
    person = people.new(service_workers="allow")
    person.page.add_init_script(AS_APP)
    person.join().say("before the tunnel")
    person.sees("before the tunnel")
    keep(person)
    person.context.set_offline(True)
    person.page.close()
    person.page = person.context.new_page()
    person.page.add_init_script(AS_APP)
    person.open()
    person.sees("before the tunnel")
    expect(person.banner).to_contain_text("You are offline")
    expect(person.banner).to_contain_text(re.compile(r"The log shows what was said until .*\d\d"))
    person.page.get_by_role("button", name="Options").click()
    person.page.get_by_label("Compact").check()
    person.page.keyboard.press("Escape")
    person.say("/help")
    expect(person.page.locator("#entries .notice").last).to_contain_text("/search")
    person.context.set_offline(False)
    person.wait_joined()
    expect(person.banner).to_be_hidden()


def test_a_tab_forgets_what_was_said_with_the_visit(people: People) -> None:
    """Whoever uses the computer next would read along."""
    person = people.new().join()
    person.say("between us")
    person.sees("between us")
    person.page.reload()
    person.sees("between us")
    assert "between us" not in person.evaluate("() => JSON.stringify(localStorage)")


def test_nothing_but_the_page_is_kept(people: People, room: RunningServer) -> None:
    """An operator's pages would stay on a disk, or an old list of servers be believed."""
    with PrefixProxy("/some/chat", room.port) as proxy:
        people.hosts.add(proxy.host)
        address = f"http://{proxy.host}/some/chat/"
        person = people.new(address, service_workers="allow").join()
        keep(person)
        person.open("admin/login/")
        person.open("servers")
        person.open("?server=wschat")
        person.wait_joined()
        kept = set(person.evaluate(KEPT))
    files = {re.sub(r"\.[0-9a-f]{12}\.", ".", file) for file in kept}
    assert {"", "manifest.webmanifest", "static/chat/main.js", "static/chat/page.css"} <= files
    assert "static/chat/log/search.js" in files, "what comes later is needed without a network, too"
    assert all(file.startswith("static/chat/") for file in files - {"", "manifest.webmanifest"})


def test_another_version_replaces_what_is_kept(people: People) -> None:
    """The page of an old server would be shown after every update."""
    person = people.new(service_workers="allow").join()
    keep(person)
    old = person.evaluate("caches.keys()")

    def renewed(text: str) -> str:
        return re.sub(r'"version": "\w+"', '"version": "000000000000"', text)

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=renewed(response.text()))

    person.context.route("**/worker.js", answer)
    person.page.evaluate("async () => (await navigator.serviceWorker.ready).update()")
    person.page.wait_for_function(
        "(old) => caches.keys().then((names) => names.length === 1 && names[0] !== old[0])", arg=old
    )


def test_a_network_lost_at_once_is_no_fault(people: People) -> None:
    """Who enters a tunnel right after the room would get an error that nobody handles."""
    person = people.new(service_workers="allow")
    person.page.route("**/shell.*.js", lambda route: route.abort())
    with person.page.expect_event("requestfailed", lambda lost: "/shell." in lost.url):
        person.join()
    person.say("all is well")
    person.sees("all is well")
