from __future__ import annotations

import asyncio

import pytest

from chat.transport import hangups
from tests.fakes import until
from tests.transport.links import Links, turns
from tests.transport.timers import Timers
from wschat_tools.conformance.frames import PING, PONG, chat_frame, client_frame


async def test_a_ping_that_is_not_answered_ends_the_connection(links: Links) -> None:
    """A phone that lost its network would stay in the room as a ghost."""
    link = links.start()
    link.member.ping()
    assert await link.peer.read(1) == [(PING, b"")]
    assert link.heard.ends == []
    link.member.end_if_silent()
    assert link.heard.ends == [1006]
    assert link.is_closed()
    assert await link.peer.read_end() == ([], "reset")


@pytest.mark.parametrize(
    "answer",
    [client_frame(b"", PONG), client_frame(b"", PING), chat_frame("hi"), chat_frame("hi")[:3]],
    ids=["pong", "ping", "message", "part of a message"],
)
async def test_whatever_comes_answers_a_ping(links: Links, answer: bytes) -> None:
    """A member would be disconnected while it writes."""
    link = links.start()
    for number in range(1, 4):
        link.member.ping()
        await link.peer.send(answer)
        await until(lambda: not link.member._is_silent)
        assert (PING, b"") in await link.peer.read(2 if answer[0] == 0x89 else 1), number
        link.member.end_if_silent()
    assert link.heard.ends == []


async def test_a_paused_member_is_not_given_up(links: Links) -> None:
    """A member that chats too fast would be disconnected: its pong is behind what is not read."""
    link = links.start()
    link.member.pause_reading()
    for _ in range(3):
        link.member.ping()
        link.member.end_if_silent()
    link.member.resume_reading()
    await link.peer.send(chat_frame("still here"))
    await until(lambda: link.heard.texts)
    assert link.heard.ends == []
    link.member.ping()
    assert await link.peer.read(1) == [(PING, b"")], "it was pinged while nobody read its answer"


async def test_a_pause_behind_a_ping_forgives_the_answer(links: Links) -> None:
    """A member would be disconnected for a pong that the server did not read."""
    link = links.start()
    link.member.ping()
    link.member.pause_reading()
    link.member.end_if_silent()
    link.member.resume_reading()
    link.member.end_if_silent()
    link.member.ping()
    assert link.heard.ends == []
    assert await link.peer.read(2) == [(PING, b"")] * 2


async def test_a_member_that_is_behind_is_not_pinged(links: Links) -> None:
    """A member on a slow line would be given up, since its ping waits behind its messages."""
    link = links.start()
    written = link.fill()
    backlog = link.member.backlog
    for _ in range(3):
        link.member.ping()
        link.member.end_if_silent()
    assert link.heard.ends == []
    assert link.member.backlog == backlog
    await link.peer.read_bytes(len(written))
    await until(lambda: not link.member.backlog)
    link.member.ping()
    assert await link.peer.read(1) == [(PING, b"")]


async def test_a_probe_is_a_pong(links: Links) -> None:
    """A client that closed its socket while it is not read would never be found out."""
    link = links.start()
    link.member.probe()
    assert await link.peer.read(1) == [(PONG, b"")]
    link.fill()
    backlog = link.member.backlog
    link.member.probe()
    assert link.member.backlog == backlog


async def test_a_client_that_leaves_while_it_is_not_read_is_found_out(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member that chats too fast, and is gone, would stay in the room as a ghost."""
    timers = Timers.of(hangups, monkeypatch)
    link = links.start()
    link.member.pause_reading()
    await link.peer.send(chat_frame("a flood") * 100)
    link.peer.socket.close()
    timers.fire()
    assert link.heard.ends == []
    timers.fire()
    assert (link.heard.ends, link.is_closed()) == ([1006], True)
    assert timers.delays == [], "it is watched although it is down"


async def test_a_member_that_is_down_is_watched_no_longer(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection that gets its descriptor next would be ended in its place."""
    timers = Timers.of(hangups, monkeypatch)
    link = links.start()
    link.member.pause_reading()
    link.member.abort()
    timers.fire()
    assert timers.delays == []


async def test_a_member_that_is_read_again_is_not_probed(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every member that was paused once would get a frame twice a second."""
    timers = Timers.of(hangups, monkeypatch)
    link, other = links.start(), links.start()
    for each in (link, other):
        each.member.pause_reading()
    timers.fire()
    link.member.resume_reading()
    timers.fire()
    assert await other.peer.read(1) == [(PONG, b"")]
    link.member.write(b"\x81\x00")
    assert await link.peer.read(1) == [(1, b"")]


async def test_open_sockets_are_in_the_heartbeat_until_they_close(links: Links) -> None:
    """Closed members would fill the memory, or open ones never be pinged."""
    first, second = links.start(), links.open()
    assert len(links.heartbeat) == 2
    first.member.abort()
    assert len(links.heartbeat) == 1
    second.member.abort()
    assert len(links.heartbeat) == 0


async def test_a_closing_member_is_not_pinged(links: Links) -> None:
    """A frame behind the close frame would be a violation of our own."""
    link = links.start()
    await link.member.send_event({"type": "websocket.close", "code": 4001})
    for _ in range(3):
        link.member.ping()
        link.member.end_if_silent()
    link.member.probe()
    assert [opcode for opcode, _ in await link.peer.read(1)] == [8]
    await link.peer.send(client_frame(b"\x0f\xa1", 8))
    assert await link.peer.read_end() == ([], "FIN")


async def test_nothing_happens_to_a_socket_that_is_down(links: Links) -> None:
    """A timer that fires late would end the loop's turn with an exception."""
    link = links.start()
    member, number = link.member, link.connection.fileno()
    member.write(b"\x81\x00")
    link.peer.socket.close()
    await until(link.is_closed)
    assert not asyncio.get_running_loop().remove_reader(number)
    member.ping()
    member.end_if_silent()
    member.probe()
    member.pause_reading()
    member.resume_reading()
    member.abort()
    assert member.write(b"\x81\x00") == 0
    assert member.send(b"\x81\x00") == 0
    await turns()
    assert link.heard.ends == [1006]
    assert links.open_sockets.closed_ones == ["192.0.2.7"]
