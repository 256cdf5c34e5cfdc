"""What an operator does in the admin of a real server, seen from a member's socket."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import pytest

from chat.protocol.messages import BANNED, KICKED, TRY_LATER
from tests.clients import Visitors
from tests.operators import Operator
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.clients import Client

pytestmark = pytest.mark.processes

LIVE = "/admin/chat/livemember/"
BAN = "/admin/chat/ban/add/"
SPAM = {"network": "127.0.0.1", "reason": "spam", "confirmed": "yes"}
SWITCHES = "/admin/chat/switches/1/change/"
CALM = {"slow_mode": "0"}


@pytest.fixture(scope="module")
def steered() -> Iterator[RunningServer]:
    """Start a server that every test here leaves as it was."""
    with RunningServer() as server:
        yield server
        assert "Traceback" not in server.log, server.log


@pytest.fixture(scope="module")
def operator(steered: RunningServer) -> Operator:
    """Log in, once."""
    return Operator.hire(steered)


@pytest.fixture
async def people(steered: RunningServer) -> AsyncIterator[Visitors]:
    """Visitors of that server."""
    async with Visitors(steered) as visitors:
        yield visitors


async def row_of(operator: Operator, member: str) -> str:
    """Return the key of a member's row, once the live list shows it."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        page = await operator.get(f"{LIVE}?q={member}")
        match = re.search(r'name="_selected_action" value="(\d+)"', page)
        if match is not None:
            return match[1]
        await asyncio.sleep(0.1)
    raise AssertionError(f"{member} is not in the list: {page}")


async def seconds_until_end(client: Client, begun: float) -> tuple[str, int | None, float]:
    """Return the error and the close code that a member gets, and how long that took."""
    heard, code = await client.hear_end()
    errors = [message.contents for message in heard if message.action == "error"]
    return errors[-1], code, time.monotonic() - begun


@pytest.mark.alone
async def test_kick_reaches_the_member_within_a_second(
    operator: Operator, people: Visitors
) -> None:
    """A team would watch somebody misbehave while the button does nothing."""
    client = await people.join()
    key = await row_of(operator, client.id)
    chosen = {"action": "kick", "_selected_action": key}
    asked = await operator.post(LIVE, chosen)
    assert client.id in asked
    assert 'name="reason"' in asked
    begun = time.monotonic()
    done = await operator.post(LIVE, {**chosen, "confirmed": "yes", "reason": "too loud"})
    assert "1 kicked" in done
    reason, code, took = await seconds_until_end(client, begun)
    assert (reason, code) == ("too loud", KICKED.code)
    assert took < 1
    audit = await operator.get("/admin/admin/logentry/")
    assert "Kicked: too loud" in audit


@pytest.mark.alone
async def test_ban_puts_out_and_keeps_out_until_it_is_taken_back(
    operator: Operator, people: Visitors
) -> None:
    """Somebody who is banned would stay, or be back a second later."""
    client = await people.join()
    begun = time.monotonic()
    page = await operator.post(BAN, SPAM)
    assert "was added successfully" in page
    reason, code, took = await seconds_until_end(client, begun)
    assert (reason, code) == ("banned: spam", BANNED.code)
    assert took < 1
    refused = await people.open()
    heard, code = await refused.hear_end()
    assert [message.action for message in heard] == ["error"]
    assert (heard[0].contents, code) == ("banned: spam", BANNED.code)
    key = re.search(r"/admin/chat/ban/(\d+)/change/", await operator.get("/admin/chat/ban/"))
    assert key is not None
    await operator.post(f"/admin/chat/ban/{key[1]}/delete/", {"post": "yes"})
    await until_welcome(people)


async def until_welcome(people: Visitors) -> Client:
    """Return a member, let in within two seconds."""
    deadline = time.monotonic() + 2
    while True:
        client = await people.open()
        first = await client.hear()
        if first.action == "connect":
            return client
        assert time.monotonic() < deadline, first
        await asyncio.sleep(0.1)


async def until_front_page(operator: Operator, pattern: str) -> None:
    """Wait until the first page shows it: counts are written once a second."""
    async with asyncio.timeout(10):
        while not re.search(pattern, await operator.get("/admin/")):
            await asyncio.sleep(0.1)


@pytest.mark.alone
async def test_kick_and_ban_bans_the_address_of_the_member(
    operator: Operator, people: Visitors
) -> None:
    """Banning a troublemaker would mean copying an address by hand while it goes on."""
    client = await people.join()
    key = await row_of(operator, client.id)
    chosen = {"action": "kick_and_ban", "_selected_action": key}
    begun = time.monotonic()
    done = await operator.post(LIVE, {**chosen, "confirmed": "yes", "reason": "spam", "hours": "1"})
    assert "Banned: 127.0.0.1/32" in done
    reason, code, took = await seconds_until_end(client, begun)
    assert (reason, code) == ("banned: spam", BANNED.code)
    assert took < 1
    bans = await operator.get("/admin/chat/ban/")
    keys = re.findall(r"/admin/chat/ban/(\d+)/change/", bans)
    await operator.post(f"/admin/chat/ban/{keys[0]}/delete/", {"post": "yes"})
    await until_welcome(people)


async def test_announcement_comes_from_the_system(operator: Operator, people: Visitors) -> None:
    """A team could not tell the room that it is about to close."""
    client = await people.join()
    await operator.post("/admin/chat/announcement/add/", {"text": "closing at ten"})
    heard = await client.hear_until(lambda message: message.action == "chat")
    assert (heard[-1].sender, heard[-1].contents) == ("system", "closing at ten")


async def test_lockdown_keeps_new_people_out_and_those_inside_in(
    operator: Operator, people: Visitors
) -> None:
    """Under attack, a team could not close the door without throwing everybody out."""
    inside = await people.join()
    await operator.post(SWITCHES, {**CALM, "lockdown": "on"})
    try:
        await asyncio.sleep(0.5)
        heard, code = await (await people.open()).hear_end()
        assert (heard[-1].action, code) == ("error", TRY_LATER.code)
        await until_front_page(operator, r"<strong>[1-9]\d*</strong> in the last hour, [1-9]")
        inside.say("still here")
        assert await inside.hear_chats(1) == [(inside.id, "still here")]
    finally:
        await operator.post(SWITCHES, CALM)
    await until_welcome(people)


async def test_slow_mode_paces_and_loses_nothing(operator: Operator, people: Visitors) -> None:
    """Slow mode would eat what people say, or slow nobody down."""
    client = await people.join()
    await operator.post(SWITCHES, {"slow_mode": "240"})
    try:
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        for number in range(5):
            client.say(str(number))
        chats = await client.hear_chats(5)
        took = time.monotonic() - begun
        assert [text for _, text in chats] == ["0", "1", "2", "3", "4"]
        assert took >= 0.9
    finally:
        await operator.post(SWITCHES, CALM)


async def test_panel_shows_people_and_processes(operator: Operator, people: Visitors) -> None:
    """The first page of the admin would not tell whether anything runs."""
    client = await people.join()
    await row_of(operator, client.id)
    await until_front_page(operator, r"in the room, [1-9]\d* at most")
    page = await operator.get("/admin/")
    assert re.search(r'<strong id="online">[1-9]', page)
    assert page.count('role="img"') == 3
    assert 'data-well="yes"' in page
