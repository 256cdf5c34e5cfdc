from __future__ import annotations

import asyncio
import json

import pytest

from chat.protocol.messages import KICKED
from chat.transport import member_socket
from chat.transport.frame_reader import FRAMES_AT_ONCE
from tests.fakes import until
from tests.transport.links import KIB, Links, close_code_of, turns
from tests.transport.reading import Clock
from tests.transport.timers import Timers
from wschat_tools.conformance.frames import PING, PONG, chat_frame, client_frame, close_frame

BAD = client_frame(b"", 3)
VIOLATIONS = {
    "1002": (BAD, 1002),
    "1007": (client_frame(b"\xff", fin=False), 1007),
    "1009": (b"\x81\xff" + (2**40).to_bytes(8, "big"), 1009),
}


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    """Return the timers of members' sockets."""
    return Timers.of(member_socket, monkeypatch)


@pytest.mark.parametrize(("data", "code"), VIOLATIONS.values(), ids=VIOLATIONS)
async def test_a_violation_is_told_and_closed(links: Links, data: bytes, code: int) -> None:
    """The author of a broken client would see a lost connection, and no reason."""
    link = links.start()
    await link.peer.send(chat_frame("before") + data + chat_frame("after"))
    (error, closing), end = await link.peer.read_end()
    told = json.loads(error[1])
    assert (told["sender"], told["action"]) == ("system", "error")
    assert told["contents"]
    assert (close_code_of(closing), end) == (code, "FIN")
    assert len(link.heard.texts) == 1
    assert link.heard.ends == [code]


async def test_only_our_side_is_closed_until_the_client_closes_its_own(links: Links) -> None:
    """A reset would overtake the close frame, and the client see no close code."""
    link = links.start()
    await link.peer.send(BAD)
    assert (await link.peer.read_end())[1] == "FIN"
    assert not link.is_closed()
    await link.peer.send(close_frame(1002))
    await until(lambda: not link.unread)
    assert not link.is_closed()
    link.peer.socket.close()
    await until(link.is_closed)
    assert len(links.open_sockets.closed_ones) == 1
    assert link.heard.ends == [1002]


async def test_a_client_that_keeps_sending_still_reads_the_close_code(links: Links) -> None:
    """A client that sends without reading would never learn what it does wrong."""
    link = links.start()
    flood = asyncio.create_task(link.peer.send(BAD + chat_frame("x" * KIB) * 3000))
    async with asyncio.timeout(10):
        await flood
    (error, closing), end = await link.peer.read_end()
    assert (error[0], close_code_of(closing), end) == (1, 1002, "FIN")
    await link.peer.send(chat_frame("still"))
    assert link.heard.texts == []


async def test_a_client_that_never_closes_its_side_is_aborted(links: Links, timers: Timers) -> None:
    """A broken client could send for ever, and be read for ever."""
    link = links.start()
    await link.peer.send(BAD)
    await link.peer.read(2)
    while timers.waiting:
        timers.fire()
    assert link.is_closed()
    assert link.heard.ends == [1002]


async def test_a_violation_behind_our_close_frame_sends_nothing_more(links: Links) -> None:
    """A frame behind the close frame would be a violation of our own."""
    link = links.start()
    link.member.close(KICKED)
    await link.peer.send(BAD)
    [closing], end = await link.peer.read_end()
    assert (close_code_of(closing), end) == (4001, "FIN")
    assert link.heard.ends == [4001]


async def test_a_violation_while_messages_wait(links: Links) -> None:
    """The messages before the error would be cut off, and the close code be lost with them."""
    link = links.start()
    link.fill()
    await link.peer.send(BAD)
    await until(lambda: link.heard.ends)
    got, end = await link.peer.read_end()
    assert (close_code_of(got[-1]), end) == (1002, "FIN")
    assert json.loads(got[-2][1])["action"] == "error"


async def test_frames_beyond_the_rate_limit_wait(
    links: Links, timers: Timers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of pings would fill the processor, or lose what stands behind it."""
    clock = Clock()
    clock.install(monkeypatch)
    link = links.start()
    await link.peer.send(client_frame(b"", PING) * (FRAMES_AT_ONCE + 20) + chat_frame("behind"))
    await link.peer.read(FRAMES_AT_ONCE)
    await until(lambda: timers.waiting)
    await link.peer.send(chat_frame("later"))
    for _ in range(2):
        await turns()
        assert (link.unread, link.heard.texts) == (chat_frame("later"), [])
        link.member.pause_reading()
        link.member.resume_reading()  # the room is no reason not to read, but there is another
    while timers.waiting:
        clock.now += timers.delays[0]
        timers.fire()
    assert await link.peer.read(20) == [(PONG, b"")] * 20
    await until(lambda: len(link.heard.texts) == 2)


async def test_a_pause_of_the_room_outlasts_that_of_the_rate_limit(
    links: Links, timers: Timers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member that the room holds back would be read again because it floods."""
    clock = Clock()
    clock.install(monkeypatch)
    link = links.start()
    await link.peer.send(client_frame(b"", PING) * (FRAMES_AT_ONCE + 1) + chat_frame("behind"))
    await until(lambda: timers.waiting)
    link.member.pause_reading()
    clock.now += timers.delays[0]
    timers.fire()
    await turns()
    assert (timers.waiting, link.heard.texts) == ([], [])
    link.member.resume_reading()
    await until(lambda: link.heard.texts)


async def test_a_client_that_leaves_during_a_pause_is_aborted_by_its_timer_only(
    links: Links, timers: Timers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The timer of a pause would end in an exception if the member is gone by then."""
    Clock().install(monkeypatch)
    link = links.start()
    await link.peer.send(client_frame(b"", PING) * (FRAMES_AT_ONCE + 1))
    await until(lambda: timers.waiting)
    link.member.abort()
    timers.fire()
    assert (link.heard.ends, timers.waiting) == ([1006], [])
