from __future__ import annotations

import pytest

from chat.protocol.frames import frame
from chat.protocol.messages import KICKED, RESTART, TOO_SLOW
from chat.transport.base import take_nothing
from tests.fakes import until
from tests.transport.links import ADDRESS, CLOSE, KIB, Links, all_frames, close_code_of, turns
from wschat_tools.conformance import frames
from wschat_tools.conformance.frames import chat_frame, client_frame, close_frame


async def test_the_server_closes(links: Links) -> None:
    """A member that is kicked would not learn it, or keep a connection that nobody serves."""
    link = links.start()
    link.member.close(KICKED, frame(b"error"))
    assert link.heard.ends == [4001]
    assert await link.peer.read(2) == [(1, b"error"), (CLOSE, b"\x0f\xa1kicked")]
    assert not link.is_closed()
    await link.peer.send(close_frame(4001))
    assert await link.peer.read_end() == ([], "FIN")
    assert link.is_closed()
    assert (link.heard.ends, links.open_sockets.closed_ones) == ([4001], [ADDRESS])


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (close_frame(1000, b"bye"), 1000),
        (close_frame(1014), 1014),
        (close_frame(4999), 4999),
        (client_frame(b"", frames.CLOSE), 1005),
    ],
    ids=["1000", "1014", "4999", "no code"],
)
async def test_the_client_closes(links: Links, sent: bytes, code: int) -> None:
    """A browser would report that the connection was lost when its user leaves."""
    link = links.start()
    await link.peer.send(chat_frame("bye") + sent)
    [closing], end = await link.peer.read_end()
    assert (close_code_of(closing), end) == (code, "FIN")
    assert len(link.heard.texts) == 1
    assert (link.heard.ends, links.open_sockets.closed_ones) == ([code], [ADDRESS])


@pytest.mark.parametrize("size", [10, 15 * KIB, 100 * KIB])
@pytest.mark.parametrize("is_first", [True, False], ids=["client first", "server first"])
async def test_bytes_behind_the_client_s_close_frame_cause_no_reset(
    links: Links, size: int, is_first: bool
) -> None:
    """A client that still sends would see a lost connection, and not the close code."""
    link = links.start()
    if not is_first:
        link.member.close(KICKED)
    link.peer.socket.sendall(close_frame(1000) + client_frame(b"x" * 100) * (size // 106))
    [closing], end = await link.peer.read_end()
    assert close_code_of(closing) == (1000 if is_first else 4001)
    assert end == "FIN"
    assert link.heard.texts == []


async def test_both_close_at_the_same_time(links: Links) -> None:
    """Two close frames that cross would leave a connection open, or count as two leaves."""
    link = links.start()
    await link.peer.send(close_frame(1001))
    link.member.close(RESTART)
    [closing], end = await link.peer.read_end()
    assert (close_code_of(closing), end) == (1012, "FIN")
    assert link.heard.ends == [1012]


async def test_closing_twice_sends_one_close_frame(links: Links) -> None:
    """A client would get a frame behind the close frame, and report a violation."""
    link = links.start()
    link.member.close(KICKED)
    link.member.close(RESTART, frame(b"late"))
    link.member.close_slow(TOO_SLOW)
    assert link.member.write(frame(b"late")) == 0
    assert link.member.send is take_nothing
    await link.peer.send(close_frame(4001))
    assert [close_code_of(each) for each in (await link.peer.read_end())[0]] == [4001]
    assert link.heard.ends == [4001]


async def test_closing_a_paused_member_reads_its_answer(links: Links) -> None:
    """A member that is kicked for a flood would keep its connection for seconds."""
    link = links.start()
    link.member.pause_reading()
    await link.peer.send(chat_frame("a flood") * 100)
    link.member.close(KICKED)
    await link.peer.send(close_frame(4001))
    assert (await link.peer.read_end())[1] == "FIN"
    assert link.heard.texts == []


async def test_what_waits_goes_before_the_close_frame(links: Links) -> None:
    """The last messages before the server restarts would be lost."""
    link = links.start()
    written = link.fill()
    link.member.close(RESTART, frame(b"error"))
    link.peer.socket.sendall(close_frame(1012))
    await turns()
    assert not link.is_closed()
    got, end = await link.peer.read_end()
    assert got[:-2] == all_frames(written)
    assert (got[-2], close_code_of(got[-1]), end) == ((1, b"error"), 1012, "FIN")
    assert link.heard.ends == [1012]


async def test_our_side_stays_open_until_the_client_answers(links: Links) -> None:
    """A client that answers late would write into a closed connection, and report its loss."""
    link = links.start()
    written = link.fill()
    link.member.close(RESTART)
    got = await link.peer.read(len(all_frames(written)) + 1)
    assert close_code_of(got[-1]) == 1012
    await until(lambda: not link.member.backlog)
    await turns()
    with pytest.raises(BlockingIOError):
        link.peer.socket.recv(1)
    await link.peer.send(close_frame(1012))
    assert await link.peer.read_end() == ([], "FIN")


async def test_a_slow_member_gets_its_close_frame_behind_the_frame_under_way(links: Links) -> None:
    """A slow member would get half a message, or megabytes before it learns why it is out."""
    link = links.start()
    written = link.fill()
    link.member.write(frame(b"dropped") * 20_000)
    assert link.member.backlog > 100_000
    link.member.close_slow(TOO_SLOW)
    assert link.member.backlog < 20_000
    await link.peer.send(close_frame(4003))
    got, end = await link.peer.read_end()
    assert got[:-1] == all_frames(written)
    assert (close_code_of(got[-1]), end) == (4003, "FIN")
    assert link.heard.ends == [4003]


async def test_a_fast_member_that_is_called_slow_is_closed_too(links: Links) -> None:
    """A member that the room gave up would stay connected, since nothing waits for it."""
    link = links.start()
    link.member.close_slow(TOO_SLOW)
    assert [close_code_of(each) for each in await link.peer.read(1)] == [4003]


async def test_a_start_behind_the_end_tells_at_once(links: Links) -> None:
    """A member whose connection broke while it joined would stay in the room as a ghost."""
    link = links.open()
    link.member.abort()
    assert link.heard.ends == []
    link.start()
    assert link.heard.ends == [1006]


async def test_a_start_during_the_closing_handshake_tells_once(links: Links) -> None:
    """A member that was closed while it joined would stay in the room as a ghost."""
    link = links.open()
    link.member.close(KICKED)
    link.start()
    await link.peer.send(close_frame(4001))
    await until(link.is_closed)
    assert len(link.heard.ends) == 1


async def test_a_refused_member_still_gets_its_error(links: Links) -> None:
    """A visitor for whom there is no place would not be told so."""
    link = links.open(unread=chat_frame("hi"))
    await link.member.send_event({"type": "websocket.send", "text": "no place"})
    await link.member.send_event({"type": "websocket.close", "code": 1013})
    link.start()
    error, closing = await link.peer.read(2)
    assert (error, close_code_of(closing)) == ((1, b"no place"), 1013)
    await link.peer.send(close_frame(1013))
    assert await link.peer.read_end() == ([], "FIN")
    assert link.heard.texts == []
