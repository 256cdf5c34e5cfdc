"""The consumer's `chat` takes every message of every member on every way in.

A word filter, the first thing that a developer adds to a chat, is one method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.certificates import issue
from tests.clients import Visitors, no_message
from tests.in_process import Connection, LocalRoom, SocketConnection
from tests.servers import RunningServer, Way
from tests.word_filter import ANSWER, WORD, WordFilter, use_word_filter

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients import Client

KIB = 1024
# More messages at once than may be sent at once: the rest is held back, and sent in its time.
PACE = {"WSCHAT_RATE": "50", "WSCHAT_BURST": "4"}
MESSAGES = [
    "hello",
    WORD,
    f"well, {WORD} it",
    "short",
    f"{'x' * 40 * KIB} {WORD}",  # its length takes more bytes of the frame's head
    "y" * 40 * KIB,
    f"{WORD} {'x' * 63 * KIB}",
    f"über {WORD}",
    "über alles",
    f"{WORD}!",
    "bye",
]
CLEAN = [text for text in MESSAGES if WORD not in text]
DROPPED = len(MESSAGES) - len(CLEAN)


def send_all(client: Client) -> None:
    """Send all messages, each second one in two fragments."""
    for number, text in enumerate(MESSAGES):
        client.fragmented = bool(number % 2)
        client.say(text)
    client.fragmented = False


async def check_filter(server: RunningServer) -> None:
    """Have a member send bad words in every form, and see what it and another one receive."""
    async with Visitors(server) as visitors:
        anna, bert = await visitors.join_each(2)
        send_all(anna)
        received = [await anna.hear() for _ in MESSAGES]
        assert [each.contents for each in received if each.sender == anna.id] == CLEAN
        assert [each.contents for each in received if each.sender == "system"] == [ANSWER] * DROPPED
        heard = await no_message(bert, anna)
        assert [(each.sender, each.contents) for each in heard] == [
            (anna.id, text) for text in CLEAN
        ]
        [mark] = await no_message(anna, anna)  # the one for the other member
        assert mark.sender == anna.id
    assert "Traceback" not in server.log, server.log


@pytest.mark.processes
@pytest.mark.parametrize("way", Way)
async def test_filters_under_every_server(way: Way, tmp_path: Path) -> None:
    """A filter would hold for some servers only, and nobody would know which."""
    with RunningServer(way, env={**PACE, **use_word_filter(tmp_path)}) as server:
        await check_filter(server)


@pytest.mark.processes
@pytest.mark.parametrize("way", [Way.SERVE, Way.DAPHNE])
async def test_filters_behind_tls(way: Way, tmp_path: Path) -> None:
    """A filter would not hold where everyone is: behind HTTPS."""
    env = {**PACE, **use_word_filter(tmp_path), "WSCHAT_HTTPS": "1"}
    with RunningServer(way, env=env, issued=issue(tmp_path)) as server:
        await check_filter(server)


@pytest.mark.parametrize("kind", [Connection, SocketConnection], ids=["channel", "socket"])
@pytest.mark.parametrize("rate", [0.0, 50.0], ids=["unpaced", "paced"])
async def test_filters_in_process(
    monkeypatch: pytest.MonkeyPatch, kind: type[Connection], rate: float
) -> None:
    """A developer's own test of a filter would show something else than a server."""
    async with LocalRoom(monkeypatch, WordFilter, rate=rate, burst=2) as room:
        anna, bert = await room.join_two(kind)
        for text in MESSAGES:
            await anna.chat(text)
        received = [await anna.receive() for _ in MESSAGES]
        assert received.count(("system", "chat", ANSWER)) == DROPPED
        chats = [(anna.id, "chat", text) for text in CLEAN]
        assert [each for each in received if each[0] == anna.id] == chats
        assert [await bert.receive() for _ in CLEAN] == chats
        await bert.chat("a mark")
        assert await bert.receive() == (bert.id, "chat", "a mark")
