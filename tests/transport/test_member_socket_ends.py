from __future__ import annotations

import asyncio

import pytest

from chat.protocol.frames import frame
from chat.protocol.messages import KICKED, RESTART
from chat.serving.loop import Loop
from chat.transport import member_socket
from chat.transport.base import take_nothing
from chat.transport.member_socket import BROKEN_SECONDS, CLOSE_CHANCES, CLOSE_SECONDS
from tests.fakes import until
from tests.transport.links import ADDRESS, KIB, Links
from tests.transport.timers import Timers
from wschat_tools.conformance.frames import PONG, chat_frame, client_frame, close_frame


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    """Return the timers of members' sockets."""
    return Timers.of(member_socket, monkeypatch)


async def test_a_client_that_does_not_answer_is_let_go(links: Links, timers: Timers) -> None:
    """Connections of clients that never answer a close frame would pile up."""
    link = links.start()
    link.member.close(KICKED)
    await link.peer.read(1)
    assert timers.delays == [CLOSE_SECONDS]
    timers.fire()  # the time to read it
    assert (link.is_closed(), timers.delays) == (False, [CLOSE_SECONDS])
    timers.fire()  # the time to answer it
    assert link.is_closed()
    assert await link.peer.read_end() == ([], "FIN"), "a reset could overtake the close frame"
    assert timers.delays == []
    assert (link.heard.ends, links.open_sockets.closed_ones) == ([4001], [ADDRESS])


async def test_a_client_that_takes_nothing_is_aborted_sooner(links: Links, timers: Timers) -> None:
    """What waits for a client that hangs would stay in memory twice as long."""
    link = links.start()
    link.fill()
    link.member.close(RESTART)
    assert timers.delays == [CLOSE_SECONDS]
    timers.fire()
    assert link.is_closed()
    assert link.heard.ends == [1012]


async def test_a_client_that_takes_what_waits_is_given_time(links: Links, timers: Timers) -> None:
    """A member on a slow line would lose its last messages and the close code."""
    link = links.start()
    link.fill()
    link.member.write(frame(b"x" * KIB) * 500)
    link.member.close(RESTART)
    for _ in range(3):
        await link.take_some()
        assert timers.delays == [CLOSE_SECONDS]
        timers.fire()
        assert not link.is_closed()
    link.peer.socket.sendall(close_frame(1012))
    assert (await link.peer.read_end())[1] == "FIN"


async def test_a_client_that_takes_a_little_now_and_then_is_aborted_in_the_end(
    links: Links, timers: Timers
) -> None:
    """A client could hold its connection, and a megabyte, for as long as it likes."""
    link = links.start()
    link.fill()
    link.member.write(frame(b"x" * KIB) * 5000)
    link.member.close(RESTART)
    fired = 0
    while not link.is_closed():
        await link.take_some()
        timers.fire()
        fired += 1
    assert fired == CLOSE_CHANCES + 1
    assert link.heard.ends == [1012]


async def test_a_timer_of_a_closed_connection_does_nothing(links: Links, timers: Timers) -> None:
    """A connection that uses the same descriptor next would be aborted."""
    link = links.start()
    link.member.close(KICKED)
    await link.peer.send(close_frame(4001))
    await link.peer.read_end()
    again = links.start()
    timers.fire()
    assert timers.delays == []
    await again.peer.send(chat_frame("hi"))
    await until(lambda: again.heard.texts)


@pytest.mark.parametrize(
    "last",
    [b"", chat_frame("bye"), chat_frame("cut off")[:5]],
    ids=["nothing", "message", "half a message"],
)
async def test_a_client_that_leaves_without_a_close_frame(links: Links, last: bytes) -> None:
    """A member would stay in the room as a ghost, or its last words be lost."""
    link = links.start()
    await link.peer.send(last)
    link.peer.socket.close()
    await until(lambda: link.heard.ends)
    assert (link.heard.ends, link.is_closed()) == ([1006], True)
    assert len(link.heard.texts) == (last == chat_frame("bye"))
    assert links.open_sockets.closed_ones == [ADDRESS]


@pytest.mark.parametrize(
    "last",
    [b"", client_frame(b"", PONG), chat_frame("cut off")[:5], chat_frame("bye")],
    ids=["nothing", "pong", "half a message", "message"],
)
def test_a_client_that_resets_its_connection(last: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member would stay as a ghost: uvloop reports a reset once, also if data comes before it."""

    async def check() -> None:
        Timers.of(member_socket, monkeypatch)  # no time-out ends it
        links = Links(monkeypatch)
        link = links.start()
        if last:
            await link.peer.send(last)
        link.peer.reset()
        await until(lambda: link.heard.texts or link.heard.ends)
        link.member.write(frame(b"what the room says"))
        await until(lambda: link.heard.ends)
        assert link.heard.ends == [1006]
        assert link.is_closed()
        links.let_go()

    for factory in (asyncio.new_event_loop, Loop):
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(check())


async def test_a_client_that_resets_while_messages_wait_for_it(links: Links) -> None:
    """The error of a write would hide that the member left."""
    link = links.start()
    link.fill()
    link.peer.reset()
    await until(lambda: link.heard.ends)
    assert (link.heard.ends, link.member.backlog) == ([1006], 0)


async def test_a_write_to_a_client_that_is_gone(links: Links) -> None:
    """The room would count what is lost as a backlog, or fail for everyone behind it."""
    link = links.start()
    link.member.pause_reading()
    link.peer.reset()
    assert link.member.write(frame(b"one")) == link.member.write(frame(b"two")) == 0
    assert (link.member.backlog, link.heard.ends) == (0, [])
    link.member.resume_reading()
    await until(lambda: link.heard.ends)
    assert link.heard.ends == [1006]


async def test_a_client_that_takes_nothing_any_more_is_aborted(
    links: Links, timers: Timers
) -> None:
    """A member that is gone, and is not read because it flooded, would stay in the room."""
    link = links.start()
    link.member.write(frame(b"before"))
    link.member.pause_reading()
    link.peer.reset()
    link.member.write(frame(b"one"))
    assert timers.delays == [BROKEN_SECONDS]
    assert link.member.send is take_nothing
    timers.fire()
    assert (link.heard.ends, link.is_closed()) == ([1006], True)


async def test_abort_resets_and_tells_once(links: Links) -> None:
    """A stop would leave connections half open, or count a leave twice."""
    link = links.start()
    link.fill()
    number = link.connection.fileno()
    link.member.abort()
    assert not asyncio.get_running_loop().remove_writer(number)
    link.member.abort()
    link.member.close(KICKED)
    assert link.heard.ends == [1006]
    assert links.open_sockets.closed_ones == [ADDRESS]
    with pytest.raises(ConnectionResetError):
        await link.peer.read_bytes(10_000_000)
