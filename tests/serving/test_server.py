"""Stopping: what members hear, and how long it takes."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.clients import Client, ClosedError, RefusedError, Visitors
from tests.servers import ROOT, RunningServer, Way
from wschat_tools.conformance.frames import chat_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes


@pytest.fixture
def own_server() -> Iterator[RunningServer]:
    """Run a server for one test, which ends it."""
    with RunningServer(Way.SERVE) as server:
        yield server
        assert "Traceback" not in server.log, server.log


async def _wait(server: RunningServer) -> int:
    return await asyncio.to_thread(server.wait)


@pytest.mark.alone
async def test_a_signal_closes_every_member(own_server: RunningServer) -> None:
    """Clients would see 1006 at every restart, and not know that they may come back."""
    async with Visitors(own_server) as visitors:
        members = await visitors.join_each(5)
        members[0].say("last words")
        for client in members:
            await client.hear_chats(1)
        started = time.monotonic()
        own_server.send_signal(signal.SIGTERM)
        for client in members:
            heard, code = await client.hear_end()
            assert code == 1012
            assert [message.action for message in heard] == []
            client.send_close(1012)
            assert await client.is_eof()
        assert await _wait(own_server) == 0
        assert time.monotonic() - started < 5


@pytest.mark.alone
async def test_ends_within_five_seconds_though_nobody_answers(own_server: RunningServer) -> None:
    """An operator's restart would hang on a client that does."""
    async with Visitors(own_server) as visitors:
        members = await visitors.join_each(3)
        sleeper = await visitors.join(receive_buffer=4096)
        sleeper.stop_reading()
        await asyncio.gather(*(client.hear() for client in members))
        for number in range(100):
            members[0].say(f"{number} " + "x" * 60000)
            await asyncio.gather(*(client.hear_chats(1) for client in members))
        started = time.monotonic()
        own_server.send_signal(signal.SIGTERM)
        for client in members:
            assert (await client.hear_end())[1] == 1012
        assert await _wait(own_server) == 0
        assert time.monotonic() - started < 5


@pytest.mark.alone
async def test_a_second_signal_ends_it_now(own_server: RunningServer) -> None:
    """An operator in a hurry would have to find the process and kill it."""
    async with Visitors(own_server) as visitors:
        silent = await visitors.join()
        started = time.monotonic()
        own_server.send_signal(signal.SIGTERM)
        assert (await silent.hear_end())[1] == 1012
        assert own_server.is_running
        own_server.send_signal(signal.SIGINT)
        assert await _wait(own_server) != 0
        assert time.monotonic() - started < 3


async def test_lets_nobody_in_while_it_stops_and_comes_back_at_once(
    own_server: RunningServer,
) -> None:
    """Somebody would join a room that is about to go, or a restart find its port still held."""
    async with Visitors(own_server) as visitors:
        members = await visitors.join_each(3)
        own_server.send_signal(signal.SIGTERM)
        for client in members:
            await client.hear_end()
        with pytest.raises((ConnectionError, RefusedError, ClosedError)):
            await visitors.open()
        for client in members:
            client.send_close()
        assert await _wait(own_server) == 0
    await asyncio.to_thread(own_server.start)
    async with Visitors(own_server) as visitors:
        await visitors.join()


async def test_stops_while_handshakes_are_under_way(own_server: RunningServer) -> None:
    """A restart under load would end in a traceback or not end."""
    async with Visitors(own_server) as visitors:
        await visitors.join()

        async def come() -> Client | None:
            try:
                return await visitors.open(first=chat_frame("hi"))
            except Exception:  # noqa: BLE001 - whatever a client sees of a server that ends
                return None

        coming = [asyncio.create_task(come()) for _ in range(60)]
        await asyncio.sleep(0.01)
        own_server.send_signal(signal.SIGTERM)
        for client in await asyncio.gather(*coming):
            if client is not None:
                client.reset()
        assert await _wait(own_server) == 0


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_an_empty_room_stops_at_once(own_server: RunningServer, number: signal.Signals) -> None:
    """A restart would take seconds for nothing, or fail by its exit code."""
    started = time.monotonic()
    assert own_server.stop(number) == 0
    assert time.monotonic() - started < 5


@pytest.mark.alone
async def test_runserver_stops_as_well() -> None:
    """Somebody who develops would see 1006, or wait, at every Ctrl-C."""
    with RunningServer(Way.RUNSERVER) as server:
        async with Visitors(server) as visitors:
            anna = await visitors.join()
            started = time.monotonic()
            server.send_signal(signal.SIGINT)
            heard, code = await anna.hear_end()
            anna.send_close()
            await _wait(server)
            assert time.monotonic() - started < 5
            assert (heard, code) == ([], 1012)


ASK = """
import signal
import subprocess
import sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
import tests.servers
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def test_servers_of_tests_hear_ctrl_c_also_in_the_background() -> None:
    """Tests of a stop by Ctrl-C would fail with whoever starts them by `script/test &`."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "True\n"


def test_sets_no_limit_on_how_long_a_connection_lasts() -> None:
    """Everybody would be cut off after 24 hours."""
    from chat.serving.server import Server  # noqa: PLC0415 - installs Twisted's reactor

    server = Server(None, endpoints=["any"], signal_handlers=False, websocket_timeout=86400)
    assert server.websocket_timeout == -1
