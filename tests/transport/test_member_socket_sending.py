from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from chat.protocol.frames import frame
from chat.transport.base import take_nothing
from chat.transport.pages import LEAST_BYTES, Pages
from tests.fakes import until
from tests.transport.links import KIB, close_code_of

if TYPE_CHECKING:
    from tests.transport.links import Links


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


async def test_sends_what_the_system_would_take_before_it_says_so(links: Links) -> None:
    """Members that read would look as if they took nothing: the system's steps are large."""
    link = links.start()
    link.fill()
    link.member.write(frame(b"x" * 1_000_000))
    loop = asyncio.get_running_loop()
    loop.remove_writer(link.connection.fileno())  # what the system says is not heard
    waiting = link.member.backlog
    await link.peer.read_bytes(64 * KIB)

    def is_moving() -> bool:
        link.member.send_backlog()
        return link.member.backlog < waiting

    await until(is_moving)
    assert link.member.taken > 0
