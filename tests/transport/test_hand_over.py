"""An HTTP connection up to the moment when its socket is a member's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chat.transport.http import ABORT_SECONDS, HEAD_SECONDS, MOST_EARLY
from chat.transport.request import STEP
from tests.fakes import until
from tests.transport.links import KIB
from tests.transport.visits import HANDSHAKE, PAGE, Visit
from wschat_tools.conformance.frames import client_frame, close_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.transport.links import Links


@pytest.fixture
async def visit(links: Links, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visit]:
    """Return a client's connection that has sent nothing."""
    assert not links.heartbeat
    visit = Visit(monkeypatch)
    yield visit
    visit.let_go()


async def test_a_handshake_ends_as_a_member_s_socket(visit: Visit) -> None:
    """Nobody could join under Daphne."""
    await visit.send(HANDSHAKE)
    [(_, scope, events)] = visit.application.started
    assert (scope["path"], list(events.types)) == ("/", ["websocket.connect"])
    heard = visit.accept()
    assert (await visit.peer.read_bytes(12)) == b"HTTP/1.1 101"
    await visit.peer.send(client_frame(b"hi") + close_frame())
    await until(lambda: heard.ends)
    assert (heard.texts, heard.ends) == (["hi"], [1000])


async def test_twisted_lets_go_of_a_socket_that_is_handed_over(visit: Visit) -> None:
    """A member would be disconnected by the HTTP side, or keep all of it in memory."""
    await visit.send(HANDSHAKE)
    visit.accept()
    assert visit.transport not in visit.reactor.getReaders() + visit.reactor.getWriters()
    assert visit.reactor.getDelayedCalls() == []
    [(request, _, _)] = visit.application.started
    assert visit.application.ended == [request]
    assert not hasattr(visit.transport, "protocol")
    assert visit.connection.fileno() != -1
    assert visit.sockets.open == 1, "its socket is still open"


@pytest.mark.parametrize("is_one_read", [True, False])
async def test_what_comes_behind_a_handshake_is_the_member_s(
    visit: Visit, is_one_read: bool
) -> None:
    """A client that does not wait for the answer would lose its first words."""
    early = client_frame(b"one") + client_frame(b"two")[:3]
    if is_one_read:
        await visit.send(HANDSHAKE + early)
    else:
        await visit.send(HANDSHAKE)
        await visit.send(early)
    heard = visit.accept()
    await visit.peer.send(client_frame(b"two")[3:])
    await until(lambda: len(heard.texts) == 2)
    assert heard.texts == ["one", "two"]


async def test_a_handshake_behind_another_request_waits_for_its_answer(visit: Visit) -> None:
    """Through a proxy that keeps connections, the 101 would land in the middle of a page."""
    await visit.send(PAGE + HANDSHAKE + client_frame(b"one"))
    assert len(visit.application.started) == 1
    visit.application.answer_page(b"x" * 1000)
    visit.reactor.advance(STEP)
    assert len(visit.application.started) == 1, "the page is not out yet"
    visit.write()
    visit.reactor.advance(STEP)
    assert len(visit.application.started) == 2
    heard = visit.accept()
    await until(lambda: heard.texts == ["one"])
    _, _, rest = (await visit.peer.read_bytes(1000)).partition(b"\r\n\r\n")
    rest += await visit.peer.read_bytes(1000 - len(rest) + 12)
    assert rest == b"x" * 1000 + b"HTTP/1.1 101"


async def test_a_handshake_on_a_kept_connection(visit: Visit) -> None:
    """Through a proxy that keeps connections nobody could join."""
    await visit.send(PAGE)
    visit.application.answer_page(b"page")
    visit.write()
    await visit.send(HANDSHAKE + client_frame(b"one"))
    heard = visit.accept()
    await until(lambda: heard.texts == ["one"])


async def test_a_client_that_never_takes_the_page_before_is_reset(visit: Visit) -> None:
    """A few thousand clients that do not read would keep the server busy for ever."""
    await visit.send(PAGE + HANDSHAKE)
    visit.application.answer_page(b"x" * 1_000_000)
    visit.reactor.pump([1] * 3 * HEAD_SECONDS)
    assert visit.transport.disconnected
    assert visit.sockets.open == 0
    assert visit.reactor.getDelayedCalls() == []


async def test_an_application_that_does_not_decide_is_not_waited_for(visit: Visit) -> None:
    """While Redis is down, handshakes would pile up until the server is out of descriptors."""
    await visit.send(HANDSHAKE)
    visit.reactor.advance(HEAD_SECONDS + 1)
    visit.write()
    visit.reactor.advance(ABORT_SECONDS + 1)
    assert visit.transport.disconnected
    [(_, _, events)] = visit.application.started
    assert list(events.types) == ["websocket.connect", "websocket.disconnect"]
    assert visit.application.accept() is None


async def test_a_flood_behind_a_handshake_is_left_to_the_system(visit: Visit) -> None:
    """A client could fill the memory before anyone decided about it."""
    await visit.send(HANDSHAKE)
    await visit.send(client_frame(b"x" * KIB) * (MOST_EARLY // KIB + 200))
    assert not visit.is_read
    heard = visit.accept()
    await until(lambda: len(heard.texts) == MOST_EARLY // KIB + 200)


async def test_a_bad_handshake_gets_a_line_of_text(visit: Visit) -> None:
    """The author of a client would see that the connection was lost, and no reason."""
    await visit.send(HANDSHAKE.replace(b"Upgrade: websocket", b"Upgrade: websocket, h2c"))
    visit.write()
    assert visit.application.started == []
    while await visit.peer.receive():
        pass
    head, _, body = visit.peer.take_all().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 426 ")
    lines = head.split(b"\r\n")
    assert {b"Content-Type: text/plain", b"Connection: close"} < set(lines)
    assert {b"Sec-WebSocket-Version: 13", b"Upgrade: websocket"} < set(lines)
    assert body.endswith(b"\n")
    assert b"websocket" in body


@pytest.mark.parametrize(
    "bad",
    [
        HANDSHAKE.replace(b"GET / ", b"GET http://[::1 "),
        HANDSHAKE.replace(b"GET / ", b"GET \xff "),
        HANDSHAKE.replace(b"\r\n\r\n", b"\r\nUser-Agent: \x01\r\n\r\n"),
    ],
    ids=["broken URL", "not ASCII", "control character"],
)
async def test_junk_in_a_handshake_is_answered(visit: Visit, bad: bytes) -> None:
    """A client that sends junk would be left without an answer, and its traceback in the log."""
    await visit.send(bad)
    visit.write()
    assert await visit.peer.read_bytes(10) == b"HTTP/1.1 4"


async def test_a_client_that_leaves_before_the_answer(visit: Visit) -> None:
    """A member that is gone already would be announced to the room."""
    await visit.send(HANDSHAKE)
    visit.peer.socket.close()
    assert visit.application.accept() is None
    visit.reactor.advance(0)
    assert visit.transport.disconnected
    assert visit.sockets.open == 0
