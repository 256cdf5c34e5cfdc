"""Limits, history and the way out, as a client of a real server meets them."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from chat.protocol.messages import RESTART, TRY_LATER
from tests.clients import RefusedError, Visitors
from tests.servers import RunningServer, Way

if TYPE_CHECKING:
    from tests.clients import Heard

pytestmark = pytest.mark.processes


def texts(heard: list[Heard]) -> list[tuple[str, str]]:
    return [(message.action, message.contents) for message in heard]


@pytest.mark.parametrize("way", [Way.SERVE, Way.UVICORN])
async def test_rate_pauses_reading_and_loses_nothing(way: Way) -> None:
    """A member that pastes many lines would lose some, or be thrown out."""
    limits = {"WSCHAT_RATE": "40", "WSCHAT_BURST": "5"}
    with RunningServer(way, env=limits) as server:
        async with Visitors(server) as visitors:
            fast, other = await visitors.join_each(2)
            begun = time.monotonic()
            for number in range(45):
                fast.say(str(number))
            assert await other.hear_chats(45) == [(fast.id, str(n)) for n in range(45)]
            assert time.monotonic() - begun >= 0.9
            other.say("I may")
            assert (await fast.hear_chats(46))[-1] == (other.id, "I may")


async def test_too_many_members_and_connections() -> None:
    """A full server would take everybody, or send people away without a word."""
    limits = {"WSCHAT_MAX_MEMBERS": "2", "WSCHAT_CONNECTS_PER_MINUTE": "4"}
    with RunningServer(env=limits) as server:
        async with Visitors(server) as visitors:
            first, second = await visitors.join_each(2)
            heard, code = await (await visitors.open()).hear_end()
            assert [message.action for message in heard] == ["error"]
            assert "full" in heard[0].contents
            assert code == TRY_LATER.code
            second.send_close()
            await first.hear_until(lambda message: message.action == "disconnect")
            third = await visitors.join()
            assert third.id
            with pytest.raises(RefusedError) as refused:
                await visitors.open()
            assert refused.value.status == 429
            third.say("nobody else was announced")
            heard = await first.hear_until(lambda message: message.action == "chat")
            assert [message.contents for message in heard[:-1]] == [third.id]


async def test_an_ipv6_network_joins_as_one_address() -> None:
    """Whoever has an IPv6 network could fill the room from 18 billion billion addresses."""
    limits = {"WSCHAT_MAX_PER_ADDRESS": "2", "WSCHAT_CONNECTS_PER_MINUTE": "3"}
    with RunningServer(env={**limits, "WSCHAT_TRUSTED_PROXIES": "127.0.0.1/32"}) as server:
        async with Visitors(server) as visitors:

            async def first_word(address: str) -> str:
                client = await visitors.open(headers={"X-Forwarded-For": address})
                heard = await client.hear()
                return f"{heard.action} {heard.contents}"

            assert "connect" in await first_word("2001:db8::1")
            assert "connect" in await first_word("2001:db8:0:0:ffff::2")
            told = await first_word("2001:db8::3")
            assert told.startswith("error 2 members are here from 2001:db8::/64 already")
            with pytest.raises(RefusedError) as refused:
                await first_word("2001:db8::4")
            assert refused.value.status == 429
            assert "connect" in await first_word("2001:db8:0:1::1")


async def test_history_has_no_gap_and_no_repeat_and_survives_a_restart() -> None:
    """A newcomer would miss messages at the seam, or read some twice."""
    options = {"WSCHAT_HISTORY": "5", "WSCHAT_LOG_MESSAGES": "1"}
    with RunningServer(env=options) as server:
        async with Visitors(server) as visitors:
            talker = await visitors.join()
            said: list[tuple[str, str]] = []

            async def talk() -> None:
                for number in range(60):
                    talker.say(f"word {number}")
                    said.append((talker.id, f"word {number}"))
                    await asyncio.sleep(0.003)

            talking = asyncio.create_task(talk())
            await asyncio.sleep(0.06)
            newcomers = [await visitors.join(path="/?history=3") for _ in range(5)]
            await talking
            for newcomer in newcomers:
                heard = await newcomer.hear_until(lambda m: m.contents == "word 59")
                chats = [(m.sender, m.contents) for m in heard if m.action == "chat"]
                assert chats == said[-len(chats) :]
                assert [m.action for m in heard[:3]] == ["chat"] * 3
            plain = await visitors.join()
            asked = await visitors.join(path="/?history=99")
            last = [(await asked.hear()).raw for _ in range(5)]
            asked.say("now")
            assert (await plain.hear_chats(1)) == [(asked.id, "now")]
        server.stop()
        server.start()
        async with Visitors(server) as visitors:
            back = await visitors.join(path="/?history=5")
            again = [(await back.read_frame())[1] for _ in range(5)]
            assert again[:-1] == last[1:]
            assert json.loads(again[-1])["contents"] == "now"


async def test_stop_spreads_the_closing_and_says_that_it_drains() -> None:
    """All members would be thrown out at once, and all come back at once."""
    with RunningServer(env={"WSCHAT_DRAIN_SECONDS": "2"}) as server:
        async with Visitors(server) as visitors:
            clients = await visitors.join_each(100)
            server.send_signal(signal.SIGTERM)
            begun = time.monotonic()
            await asyncio.sleep(0.3)
            assert await asyncio.to_thread(server.get, "/readyz") == 503
            assert await asyncio.to_thread(server.get, "/livez") == 200
            with pytest.raises(RefusedError) as refused:
                await visitors.open()
            assert refused.value.status == 503

            async def end(index: int) -> tuple[int | None, float]:
                _, code = await clients[index].hear_end()
                return code, time.monotonic() - begun

            ends = await asyncio.gather(*(end(index) for index in range(100)))
            assert {code for code, _ in ends} == {RESTART.code}
            assert max(at for _, at in ends) > 1
            assert max(at for _, at in ends) - min(at for _, at in ends) > 1
            assert await asyncio.to_thread(server.wait) == 0
