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
from tests.operators import Operator
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from playwright.sync_api import Browser


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
    expect(person.page.locator("#people-list li")).to_have_count(1)
