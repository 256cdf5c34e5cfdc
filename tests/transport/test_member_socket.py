from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest

from chat.protocol.frames import frame
from chat.protocol.messages import KICKED
from chat.transport.base import take_nothing
from chat.transport.pages import LEAST_BYTES, Pages
from tests.fakes import until
from tests.transport.links import Heard, close_code_of, turns
from wschat_tools.conformance.frames import BINARY, CONTINUATION, PING, PONG, client_frame

if TYPE_CHECKING:
    from tests.transport.links import Links

# What comes in


async def test_nothing_is_read_before_the_start(links: Links) -> None:
    """A message could reach the room before its sender joined."""
    link = links.open()
    await link.peer.send(client_frame(b"early"))
    await turns()
    assert link.unread == client_frame(b"early")
    link.start()
    await until(lambda: link.heard.texts == ["early"])
    assert link.unread == b""


async def test_what_came_behind_the_handshake_is_read_first(links: Links) -> None:
    """A client that does not wait for the answer would lose its first words, or their order."""
    two = client_frame(b"two")
    link = links.open(unread=client_frame(b"one") + two[:3])
    await link.peer.send(two[3:] + client_frame(b"three"))
    assert link.heard.texts == []
    link.start()
    await until(lambda: len(link.heard.texts) == 3)
    assert link.heard.texts == ["one", "two", "three"]


async def test_messages_arrive_in_order(links: Links) -> None:
    """Messages of a member would be lost or change places."""
    link = links.start()
    texts = [f"{number}" * (number % 7 * 1000 + 1) for number in range(60)]
    for text in texts[:-1]:
        await link.peer.send(client_frame(text.encode()))
    half = texts[-1].encode()
    await link.peer.send(client_frame(half[:9], fin=False))
    await link.peer.send(client_frame(b"", PONG) + client_frame(half[9:], CONTINUATION))
    await until(lambda: len(link.heard.texts) == 60)
    assert link.heard.texts == texts


async def test_a_binary_message_is_handed_on(links: Links) -> None:
    """A client that sends binary would not be told that only text is taken."""
    link = links.start()
    await link.peer.send(client_frame(b"x", BINARY))
    await until(lambda: link.heard.texts == [None])


async def test_a_paused_member_is_not_read(links: Links) -> None:
    """Backpressure would do nothing: a fast member would fill the server's memory."""
    link = links.start()
    link.member.pause_reading()
    await link.peer.send(client_frame(b"one"))
    await turns()
    assert link.unread == client_frame(b"one")
    link.member.resume_reading()
    await link.peer.send(client_frame(b"two"))
    await until(lambda: link.heard.texts == ["one", "two"])


async def test_a_pause_before_the_start_holds(links: Links) -> None:
    """A room that is full would read from its newest member."""
    link = links.open()
    link.member.pause_reading()
    link.start()
    await link.peer.send(client_frame(b"one"))
    await turns()
    assert (link.heard.texts, link.unread) == ([], client_frame(b"one"))
    link.member.resume_reading()
    await until(lambda: link.heard.texts == ["one"])


async def test_resuming_before_the_start_reads_nothing(links: Links) -> None:
    """A message could reach the room before its sender joined."""
    link = links.open()
    link.member.resume_reading()
    link.member.pause_reading()
    link.member.resume_reading()
    await link.peer.send(client_frame(b"early"))
    await turns()
    assert link.unread == client_frame(b"early")


async def test_a_ping_is_answered_with_its_payload(links: Links) -> None:
    """Clients that ping would take the server for dead."""
    link = links.start()
    await link.peer.send(client_frame(b"a", PING) + client_frame(b"b", PING))
    assert await link.peer.read(2) == [(PONG, b"a"), (PONG, b"b")]


# What goes out


async def test_writes_go_out_in_order(links: Links) -> None:
    """Messages would reach a member in another order than the room's."""
    link = links.start()
    for number in range(5):
        assert link.member.write(frame(b"%d" % number)) == 0
    assert await link.peer.read(5) == [(1, b"%d" % number) for number in range(5)]
    assert (link.member.backlog, link.member.taken) == (0, 0)


async def test_send_is_the_socket_s_own_while_nothing_waits(links: Links) -> None:
    """Every delivery would cost a call more, or overtake what waits."""
    link = links.start()
    member = link.member
    assert member.send is take_nothing
    member.write(frame(b"first"))
    assert member.send == link.connection.send
    written = frame(b"first") + link.fill()
    assert member.send is take_nothing
    assert member.send(frame(b"overtakes")) == 0
    await link.peer.read_bytes(len(written))
    await until(lambda: member.send == link.connection.send)
    assert member.send(frame(b"last")) == len(frame(b"last"))
    assert await link.peer.read(1) == [(1, b"last")]


async def test_the_backlog_is_what_waits_and_taken_is_what_went(links: Links) -> None:
    """The room would take slow members for fast ones, or give up those that keep up."""
    link = links.start()
    member = link.member
    written = link.fill()
    waiting = member.backlog
    assert (0 < waiting <= 16 * 1024 + 4, member.taken) == (True, 0)
    more = frame(b"x" * 100_000)
    assert member.write(more) == member.backlog == waiting + len(more)
    assert await link.peer.read_bytes(len(written) + len(more)) == written + more
    await until(lambda: not member.backlog)
    assert member.taken == waiting + len(more)


async def test_a_write_after_the_backlog_is_gone_goes_out_at_once(links: Links) -> None:
    """A member that was slow once would get everything late."""
    link = links.start()
    written = link.fill()
    await link.peer.read_bytes(len(written))
    await until(lambda: not link.member.backlog)
    taken = link.member.taken
    assert link.member.write(frame(b"now")) == 0
    assert await link.peer.read(1) == [(1, b"now")]
    assert link.member.taken == taken


async def test_pages_are_sent_unless_something_waits(links: Links) -> None:
    """A large batch would be sent twice, in part, or before what came first."""
    link = links.start()
    batch = frame(os.urandom(LEAST_BYTES))
    pages = Pages.of(batch)
    assert pages is not None
    assert link.member.send_pages(pages) == 0, "it is not known yet whether something waits"
    link.member.write(frame(b"first"))
    assert link.member.send_pages(pages) == len(batch)
    assert await link.peer.read_bytes(5 + 2 + len(batch)) == frame(b"first") + batch
    link.fill()
    assert link.member.send_pages(pages) == 0
    pages.close()


@pytest.mark.parametrize("text", ["", "tschüß", "x" * 70_000])
async def test_an_event_of_the_consumer_is_sent(links: Links, text: str) -> None:
    """`self.send()` in the consumer would work under uvicorn but not under Daphne."""
    link = links.start()
    await link.member.send_event({"type": "websocket.send", "text": text})
    await link.member.send_event({"type": "websocket.send", "text": None, "bytes": b"\xff"})
    await link.member.send_event({"type": "websocket.send", "bytes": b"b"})
    assert await link.peer.read(3) == [(1, text.encode()), (2, b"\xff"), (2, b"b")]


@pytest.mark.parametrize(
    ("event", "code", "reason"),
    [
        ({}, 1000, b""),
        ({"code": None, "reason": None}, 1000, b""),
        ({"code": 4001, "reason": "kicked"}, 4001, b"kicked"),
    ],
)
async def test_a_close_event_of_the_consumer_closes(
    links: Links, event: dict[str, object], code: int, reason: bytes
) -> None:
    """`self.close()` in the consumer would do nothing, or say nothing."""
    link = links.start()
    await link.member.send_event({"type": "websocket.close", **event})
    await link.member.send_event({"type": "websocket.send", "text": "late"})
    [closing] = await link.peer.read(1)
    assert (close_code_of(closing), closing[1][2:]) == (code, reason)
    assert link.heard.ends == [code]


class Failing(Heard):
    """A receiver with a fault in it."""

    def receive_message(self, text: str | bytes | None) -> None:
        """Fail."""
        super().receive_message(text)
        raise RuntimeError("a fault")


@pytest.mark.parametrize("way", ["unread", "read"])
async def test_an_exception_of_the_receiver_closes_with_1011(
    links: Links, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """A fault would leave a member that nobody reads from, and nothing in the log."""
    data = client_frame(b"one") + client_frame(b"two")
    link = links.open(unread=data if way == "unread" else b"")
    receiver = Failing()
    link.start(receiver)
    if way != "unread":
        await link.peer.send(data)
    [closing] = await link.peer.read(1)
    assert close_code_of(closing) == 1011
    assert (receiver.texts, receiver.ends) == (["one"], [1011])
    [record] = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert "a fault" in caplog.text


async def test_nothing_is_handed_on_once_closing(links: Links) -> None:
    """A member that was kicked could still speak."""
    link = links.start()
    link.member.close(KICKED)
    await link.peer.send(client_frame(b"late") + client_frame(b"", PING))
    await until(lambda: not link.unread)
    await turns()
    assert link.heard.texts == []
    assert [opcode for opcode, _ in await link.peer.read(1)] == [8]
