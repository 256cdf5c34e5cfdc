"""What operators do, seen on a member's page."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import People
from tests.clients import Visitors
from tests.operators import NAME, PASSWORD, Operator
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from playwright.sync_api import Browser, Page

    from tests.browser.people import Person


@pytest.fixture(scope="module")
def steered() -> Iterator[RunningServer]:
    """Start a server that offers what was said before."""
    with RunningServer(env={"WSCHAT_HISTORY": "20"}) as server:
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture(scope="module")
def operator(steered: RunningServer) -> Operator:
    """Log in, once."""
    return Operator.hire(steered)


@pytest.fixture
def guests(browser: Browser, steered: RunningServer) -> Iterator[People]:
    """Return those who visit it."""
    with People(browser, steered) as people:
        yield people


def in_thread(work: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine beside the loop that the browser keeps running in this thread."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def submit(operator: Operator, path: str, values: Mapping[str, str]) -> None:
    in_thread(operator.post(path, values))


async def say_and_leave(server: RunningServer, text: str) -> None:
    async with Visitors(server) as visitors:
        client = await visitors.join()
        client.say(text)
        await client.hear_chats(1)
    await asyncio.sleep(1.1)  # the page tells past from present by whole seconds


def test_announcement_kick_and_lockdown(
    guests: People, steered: RunningServer, operator: Operator
) -> None:
    """A page would hide what operators say, or come back again and again after a kick."""
    person = guests.new().join()
    submit(operator, "/admin/chat/announcement/add/", {"text": "closing at ten"})
    expect(person.page.locator("#entries")).to_contain_text("closing at ten")
    submit(operator, "/admin/chat/switches/1/change/", {"slow_mode": "0", "lockdown": "on"})
    with contextlib.ExitStack() as undo:
        undo.callback(submit, operator, "/admin/chat/switches/1/change/", {"slow_mode": "0"})
        newcomer = guests.new().open()
        expect(newcomer.banner).to_contain_text("nobody new is let in at the moment")
        expect(newcomer.dot).to_have_attribute("data-state", "waiting")
        person.say("still in")
        person.sees("still in")
    expect(newcomer.dot).to_have_attribute("data-state", "open", timeout=30_000)
    kick_everybody(operator)
    expect(person.banner).to_contain_text("too loud")
    expect(person.dot).to_have_attribute("data-state", "refused")


def test_an_announcement_is_shown_once(
    guests: People, steered: RunningServer, operator: Operator
) -> None:
    """Each rejoin would tell an announcement and all since again; a reload would lose it."""
    person = guests.new().join()
    said = ["before it", "tea is ready", "after it"]
    person.say("before it")
    person.sees("before it")
    submit(operator, "/admin/chat/announcement/add/", {"text": "tea is ready"})
    expect(person.page.locator(".announcement .text").last).to_have_text("tea is ready")
    person.say("after it")
    person.sees("after it")
    dividers = person.page.locator("#entries .divider")
    joinings = dividers.filter(has_text=re.compile(r"(as|now) [0-9a-f]{4}$"))
    person.context.set_offline(True)
    expect(person.banner).to_contain_text("You are offline")
    person.context.set_offline(False)
    expect(joinings).to_have_count(2)
    assert told(person) == said
    person.page.reload()
    expect(joinings).to_have_count(3)
    assert told(person) == said
    newcomer = guests.new().join()
    assert told(newcomer) == said
    expect(newcomer.page).not_to_have_title(re.compile(r"\("))


def told(person: Person) -> list[str]:
    """Return what was said about the tea, in the order of the log."""
    texts = person.page.locator("#entries .text").all_inner_texts()
    return [text for text in texts if "it" in text or "tea" in text]


def kick_everybody(operator: Operator) -> None:
    async def kick() -> None:
        path = "/admin/chat/livemember/"
        page = await operator.get(path)
        keys = re.findall(r'name="_selected_action" value="(\d+)"', page)
        for key in keys:
            chosen = {"action": "kick", "_selected_action": key, "confirmed": "yes"}
            await operator.post(path, {**chosen, "reason": "too loud"})

    in_thread(kick())


def test_history_is_shown_once(guests: People, steered: RunningServer) -> None:
    """A newcomer would not know what the talk is about, or think that people gone are here."""
    in_thread(say_and_leave(steered, "said before you came"))
    person = guests.new().open()
    person.sees("said before you came")
    assert person.texts.count("said before you came") == 1
    here = person.page.locator("#people-list li").filter(has_not_text="spoke earlier")
    expect(here).to_have_count(1)


def log_in(guests: People, path: str, **options: Any) -> Page:
    """Return a page of the admin, at this path."""
    page = guests.new(**options).open(f"admin/login/?next=/{path}").page
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**/{path}")
    return page


def test_live_list_refreshes_itself(guests: People, operator: Operator) -> None:
    """An operator would choose from those who were there a minute ago, and kick nobody."""
    first = guests.new().join()
    page = log_in(guests, "admin/chat/livemember/")
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(1)
    second = guests.new().join()
    expect(rows).to_have_count(2)
    expect(page.locator(".paginator")).to_contain_text("2 members in the room")
    rows.first.locator("input").check()
    expect(page.locator(".action-counter")).to_contain_text("1 of 2 selected")
    expect(page.locator("#freshness")).to_contain_text("Stands still")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("kick")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Kick").click()
    expect(page.get_by_text("2 kicked.")).to_be_visible()
    expect(rows).to_have_count(0)
    for person in (first, second):
        expect(person.banner).to_contain_text("kicked by an operator")


def test_front_page_refreshes_itself(guests: People, operator: Operator) -> None:
    """On a bad day an operator would look at figures that are old, or lose what is being typed."""
    page = log_in(guests, "admin/")
    page.locator("input[name=text]").fill("half a sentence")
    page.locator("#slow-mode").fill("30")
    expect(page.locator("#online")).to_have_text("0")
    person = guests.new().join()
    expect(page.locator("#online")).to_have_text("1")
    assert page.locator("input[name=text]").input_value() == "half a sentence"
    assert page.locator("#slow-mode").input_value() == "30"
    page.get_by_role("button", name="Announce").click()
    expect(person.page.locator("#entries")).to_contain_text("half a sentence")
    expect(page.locator("#online")).to_be_visible()
    page.locator("#lockdown").click()
    expect(page.locator("#room-switches")).to_contain_text("Lockdown: on")
    submit(operator, "/admin/chat/switches/1/change/", {"slow_mode": "0"})
    expect(page.locator("#room-switches")).to_contain_text("Lockdown: off")


THUMB = 44
_TOO_SMALL = """(least) => [...document.querySelectorAll(
    ".room-panel :is(a, button, input:not([type=hidden])), .object-tools :is(a, button),"
    + ":is(.room-confirm, .form-row) :is(input:not([type=hidden], [type=checkbox]), select),"
    + "#changelist-form .action-checkbox, .actions :is(select, button), .submit-row input"
)].filter((each) => each.getClientRects().length && each.getBoundingClientRect().height < least)
  .map((each) => each.outerHTML)"""


def test_by_thumb(guests: People, steered: RunningServer, operator: Operator) -> None:
    """From a phone, on the way, an operator could not hit the button in time."""
    guests.new().join()
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = log_in(guests, "admin/", **phone)
    rows = page.locator("#result_list tbody tr")
    for path in ("", "chat/livemember/", "chat/sweep/add/", "chat/ban/add/"):
        page.goto(f"{steered.url}admin/{path}")
        if path == "chat/livemember/":
            expect(rows).to_have_count(1)
        assert page.evaluate(_TOO_SMALL, THUMB) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto(f"{steered.url}admin/chat/livemember/")
    rows.first.locator("a").first.tap()
    expect(page.get_by_role("button", name="Kick…")).to_be_visible()
    assert page.evaluate(_TOO_SMALL, THUMB) == []
    page.get_by_role("button", name="Kick…").tap()
    expect(page.get_by_text("Kick 1 of those in the room?")).to_be_visible()
    assert page.evaluate(_TOO_SMALL, THUMB) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
