from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import pytest

from chat.config.address import Address
from chat.serving.public import is_public
from tests.clients import Client, Visitors
from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("host", "public"),
    [("127.0.0.1", False), ("localhost", False), ("::1", False), ("127.8.8.8", False),
     ("", True), ("0.0.0.0", True), ("::", True), ("192.168.1.5", True), ("chat.example", True)],
)  # fmt: skip
def test_only_the_loopback_interface_is_not_public(host: str, public: bool) -> None:
    """A server on the open net would have no limits, or one at home would have some."""
    assert is_public(Address(host, 8000)) is public


@pytest.fixture(scope="module")
def public() -> Iterator[RunningServer]:
    """Run a server that everybody reaches, with one limit turned off."""
    with RunningServer(host="", env={"WSCHAT_CONNECTS_PER_MINUTE": "0"}) as server:
        yield server


@pytest.mark.processes
async def test_limits_are_on_and_said_where_strangers_come(public: RunningServer) -> None:
    """Whoever serves in public without reading every setting would have no limit at all."""
    (line,) = re.findall("limits for the public: (.*)", public.log)
    assert line.startswith("WSCHAT_RATE=10 WSCHAT_BURST=60 WSCHAT_MAX_PER_ADDRESS=200;")
    async with Visitors(public) as visitors:
        fast, _ = await visitors.join_each(2)
        begun = time.monotonic()
        for number in range(75):
            fast.say(str(number))
        await fast.hear_chats(75)
        assert time.monotonic() - begun > 1.0


@pytest.mark.processes
async def test_nobody_is_locked_out_behind_a_proxy_that_is_not_named(public: RunningServer) -> None:
    """A whole site would count as one address, its proxy's, and be locked out by the defaults."""
    async with asyncio.timeout(100), Visitors(public) as visitors:
        clients = [await Client.open(public) for _ in range(205)]
        await visitors.join()
        for client in clients:
            await client.aclose()
    assert public.log.count("may be a proxy") == 1
