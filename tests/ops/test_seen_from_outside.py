"""What monitors, load balancers and log files see of one real server."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.clients import Visitors
from tests.servers import RunningServer, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.processes

METRICS_PORT = free_port()


@pytest.fixture(scope="module")
def watched() -> Iterator[RunningServer]:
    """Start a server that shows all there is to see."""
    options = {
        "WSCHAT_ALLOWED_HOSTS": "chat.example.org,127.0.0.1",
        "WSCHAT_METRICS_ADDRESS": f"127.0.0.1:{METRICS_PORT}",
        "WSCHAT_LOG_FORMAT": "json",
    }
    with RunningServer(env=options) as server:
        yield server


@pytest.fixture
async def people(watched: RunningServer) -> AsyncIterator[Visitors]:
    """Visitors of that server."""
    async with Visitors(watched) as visitors:
        yield visitors


async def test_health_answers_whatever_the_host(watched: RunningServer) -> None:
    """A load balancer that asks by address would take the server for dead."""
    for path in ("/livez", "/readyz"):
        assert await asyncio.to_thread(watched.get, path, host="10.1.2.3") == 200
    assert await asyncio.to_thread(watched.get, "/", host="10.1.2.3") == 400


async def test_strangers_are_told_yes_or_no(watched: RunningServer) -> None:
    """Anybody could read which parts fail, and on which machine."""
    told = await asyncio.to_thread(read, f"{watched.url}readyz")
    assert json.loads(told) == {"ready": True}
    told = await asyncio.to_thread(read, f"http://127.0.0.1:{METRICS_PORT}/readyz")
    assert json.loads(told)["problems"] == {}
    assert ":" in json.loads(told)["process"]


async def test_metrics_have_an_address_of_their_own(
    watched: RunningServer, people: Visitors
) -> None:
    """A monitor would see nothing, or everybody on the net would."""
    one, _ = await people.join_each(2)
    one.say("hello")
    await one.hear_chats(1)
    shown = await asyncio.to_thread(read, f"http://127.0.0.1:{METRICS_PORT}/metrics")
    assert "wschat_members " in shown
    assert "wschat_messages_received_total " in shown
    assert "wschat_delivery_seconds_count " in shown
    host = "chat.example.org"
    assert await asyncio.to_thread(watched.get, "/metrics", host=host) == 404


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:
        return str(response.read().decode())


async def test_json_log_has_joins_and_leaves_and_no_message(
    watched: RunningServer, people: Visitors
) -> None:
    """What people say would end up in log files, or nobody could tell who was there."""
    one, two = await people.join_each(2)
    one.say("a secret")
    await one.hear_chats(1)
    one.send_close()
    await two.hear_until(lambda message: message.action == "disconnect")
    lines = [json.loads(line) for line in watched.log.splitlines() if line.startswith("{")]
    events = {line["event"]: line for line in lines if line.get("member") == one.id}
    assert events["join"]["address"] == "127.0.0.1"
    assert events["leave"]["code"] == 1000
    assert events["leave"]["messages"] == 1
    assert "a secret" not in watched.log
