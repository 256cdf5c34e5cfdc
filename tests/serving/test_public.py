from __future__ import annotations

import asyncio
import re
import time

import pytest

from chat.config.address import Address
from chat.serving.public import is_public
from tests.clients import Client, Visitors
from tests.servers import RunningServer, ServerError


@pytest.mark.parametrize(
    ("host", "public"),
    [("127.0.0.1", False), ("localhost", False), ("::1", False), ("127.8.8.8", False),
     ("", True), ("0.0.0.0", True), ("::", True), ("192.168.1.5", True), ("chat.example", True)],
)  # fmt: skip
def test_only_the_loopback_interface_is_not_public(host: str, public: bool) -> None:
    """A server on the open net would have no limits, or one at home would have some."""
    assert is_public(Address(host, 8000)) is public


async def test_limits_are_on_and_said_where_strangers_come() -> None:
    """Whoever serves in public without reading every setting would have no limit at all."""
    with RunningServer(host="", env={"WSCHAT_CONNECTS_PER_MINUTE": "0"}) as server:
        (line,) = re.findall("limits for the public: (.*)", server.log)
        assert line.startswith("WSCHAT_RATE=10 WSCHAT_BURST=60 WSCHAT_MAX_PER_ADDRESS=200;")
        async with Visitors(server) as visitors:
            fast, _ = await visitors.join_each(2)
            begun = time.monotonic()
            for number in range(75):
                fast.say(str(number))
            await fast.hear_chats(75)
            assert time.monotonic() - begun > 1.0


async def test_nobody_is_locked_out_behind_a_proxy_that_is_not_named() -> None:
    """A whole site would count as one address, its proxy's, and be locked out by the defaults."""
    with RunningServer(host="") as server:
        async with asyncio.timeout(100), Visitors(server) as visitors:
            clients = [await Client.open(server) for _ in range(205)]
            await visitors.join()
            for client in clients:
                await client.aclose()
        assert server.log.count("may be a proxy") == 1


def test_debug_pages_are_not_for_the_public() -> None:
    """Everybody on the net would read settings and code."""
    server = RunningServer(host="", env={"WSCHAT_DEBUG": "1"})
    try:
        with pytest.raises(ServerError, match="WSCHAT_DEBUG: on while"):
            server.start()
    finally:
        server.__exit__()
