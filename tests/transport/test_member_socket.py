from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from chat.protocol.messages import KICKED
from tests.fakes import until
from tests.transport.links import Heard, close_code_of, turns
from wschat_tools.conformance.frames import BINARY, CONTINUATION, PING, PONG, client_frame

if TYPE_CHECKING:
    from tests.transport.links import Links


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
