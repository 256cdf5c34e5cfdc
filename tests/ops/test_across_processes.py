"""What an operator does at one process reaches the members of another."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import pytest

from bench.faults.redis import RunningRedis
from chat.protocol.messages import BANNED, KICKED
from tests.clients import Visitors
from tests.operators import Operator
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes

BAN = "/admin/chat/ban/add/"
SPAM = {"network": "127.0.0.1", "reason": "spam", "confirmed": "yes"}


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[RunningServer, RunningServer]]:
    """Start two processes with one Redis and one database."""
    with RunningRedis() as redis, RunningServer(env={"WSCHAT_REDIS_URL": redis.url}) as first:
        shared = {
            "WSCHAT_REDIS_URL": redis.url,
            "DATABASE_URL": f"sqlite:///{first.var}/wschat.sqlite3",
            "WSCHAT_SECRET_KEY": "for this test only",
        }
        with RunningServer(env=shared) as second:
            yield first, second
            assert "Traceback" not in first.log + second.log


@pytest.mark.alone
async def test_kick_announce_and_ban(pair: tuple[RunningServer, RunningServer]) -> None:
    """With two workers, an operator could steer only half of the room."""
    first, second = pair
    operator = await asyncio.to_thread(Operator.hire, first)
    async with Visitors(second) as visitors:
        kicked, banned = await visitors.join_each(2)
        key = await row_of(operator, kicked.id)
        await operator.post("/admin/chat/announcement/add/", {"text": "to all"})
        await banned.hear_until(lambda message: message.contents == "to all")
        chosen = {"action": "kick", "_selected_action": key, "confirmed": "yes"}
        await operator.post("/admin/chat/livemember/", {**chosen, "reason": "too loud"})
        _, code = await kicked.hear_end()
        assert code == KICKED.code
        begun = time.monotonic()
        await operator.post(BAN, SPAM)
        _, code = await banned.hear_end()
        assert code == BANNED.code
        assert time.monotonic() - begun < 1
        page = await operator.get("/admin/")
        assert page.count('data-well="yes"') == 2


async def row_of(operator: Operator, member: str) -> str:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        page = await operator.get(f"/admin/chat/livemember/?q={member}")
        match = re.search(r'name="_selected_action" value="(\d+)"', page)
        if match is not None:
            return match[1]
        await asyncio.sleep(0.1)
    raise AssertionError("the live list does not show the other process's member")
