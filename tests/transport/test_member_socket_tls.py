from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from typing import TYPE_CHECKING

import pytest

from chat.protocol.frames import frame
from chat.protocol.messages import KICKED, TOO_SLOW
from chat.transport.pages import LEAST_BYTES, Pages
from chat.transport.tls import TlsSocket
from tests.certificates import issue
from tests.fakes import until
from tests.transport.links import CLOSE, KIB, Link, Links, Peer, all_frames, close_code_of, tcp_pair
from wschat_tools.conformance.frames import PING, PONG, client_frame, close_frame

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from tests.certificates import Issued
    from tests.transport.links import Frame


class TlsPeer(Peer):
    """The client's end of a connection with TLS on it."""

    def __init__(self, connection: socket.socket, trust: ssl.SSLContext) -> None:
        super().__init__(connection)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        self.saw_close_notify = False

    async def shake_hands(self, server: TlsSocket) -> None:
        """Do the TLS handshake; both ends are here."""
        is_done = False
        while not is_done or server.is_shaking_hands:
            with contextlib.suppress(ssl.SSLWantReadError):
                self._tls.do_handshake()
                is_done = True
            await super().send(self._outgoing.read())
            await asyncio.sleep(0)
            with contextlib.suppress(BlockingIOError):
                server.recv()
            with contextlib.suppress(BlockingIOError):
                self._incoming.write(self.socket.recv(64 * KIB))

    def sealed(self, data: bytes) -> bytes:
        """Return data as TLS records."""
        self._tls.write(data)
        return self._outgoing.read()

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await super().send(self.sealed(data))

    async def receive(self) -> bool:
        """Keep what comes next; return whether it was anything but the end."""
        records = await asyncio.get_running_loop().sock_recv(self.socket, 64 * KIB)
        self._incoming.write(records)
        with contextlib.suppress(ssl.SSLWantReadError):
            while data := self._tls.read(64 * KIB):
                self._received += data
            self.saw_close_notify = True
        return bool(records)

    async def read_end(self) -> tuple[list[Frame], str]:
        """Do the same as without TLS; the end has to be told in TLS as well."""
        frames, end = await super().read_end()
        assert self.saw_close_notify, "browsers take that for a connection that was cut"
        return frames, end


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """Return a certificate for localhost."""
    return issue(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def link(monkeypatch: pytest.MonkeyPatch, issued: Issued) -> AsyncIterator[Link]:
    """Return a link over TLS whose member's socket reads."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    links = Links(monkeypatch)
    accepted, client = tcp_pair()
    connection = TlsSocket(context, accepted)
    connection.setblocking(False)
    peer = TlsPeer(client, issued.trust)
    await peer.shake_hands(connection)
    link = Link(connection, client, b"")
    link.peer = peer
    link.start()
    yield link
    link.let_go()
    assert len(links.heartbeat) == 0


async def test_messages_go_both_ways(link: Link) -> None:
    """Members on `wss://` could not chat."""
    long = "x" * 60 * KIB
    for text in ("one", long, "two"):
        await link.peer.send(client_frame(text.encode()))
        link.member.write(frame(text.encode()))
    assert await link.peer.read(3) == [(1, b"one"), (1, long.encode()), (1, b"two")]
    await until(lambda: link.heard.texts == ["one", long, "two"])


async def test_half_a_record_is_waited_for(link: Link) -> None:
    """A member on a slow line would be disconnected, or its message lost."""
    records = link.peer.sealed(client_frame(b"one")) if isinstance(link.peer, TlsPeer) else b""
    for half in (records[:9], records[9:]):
        await asyncio.get_running_loop().sock_sendall(link.peer.socket, half)
        await asyncio.sleep(0)
    await link.peer.send(client_frame(b"p", PING))
    assert await link.peer.read(1) == [(PONG, b"p")]
    assert link.heard.texts == ["one"]


async def test_what_the_socket_does_not_take_waits(link: Link) -> None:
    """Messages to a slow member on `wss://` would be garbled, lost or doubled."""
    written = link.fill()
    more = frame(os.urandom(60 * KIB)) * 5
    assert link.member.write(more) == link.member.backlog > len(more)
    assert await link.peer.read_bytes(len(written + more)) == written + more
    await until(lambda: not link.member.backlog)
    assert link.member.send(frame(b"last")) == len(frame(b"last"))
    assert await link.peer.read(1) == [(1, b"last")]


async def test_pages_are_not_sent_past_tls(link: Link) -> None:
    """Large batches would go out unencrypted, and end every connection."""
    pages = Pages.of(bytes(LEAST_BYTES))
    assert pages is not None
    link.member.write(frame(b"first"))
    assert link.member.send == link.connection.send
    assert link.member.send_pages(pages) == 0
    pages.close()
    link.member.write(frame(b"second"))
    assert await link.peer.read(2) == [(1, b"first"), (1, b"second")]


@pytest.mark.parametrize(
    "behind", [b"", client_frame(b"x" * 100) * 300], ids=["alone", "still sending"]
)
async def test_the_client_closes(link: Link, behind: bytes) -> None:
    """A browser would report that the connection was lost when its user leaves."""
    await link.peer.send(close_frame(1000) + behind)
    assert await link.peer.read_end() == ([(CLOSE, b"\x03\xe8")], "FIN")
    assert (link.heard.ends, link.heard.texts) == ([1000], [])


async def test_the_server_closes(link: Link) -> None:
    """A member on `wss://` would not learn why it was disconnected."""
    link.member.close(KICKED, frame(b"error"))
    await link.peer.send(close_frame(4001))
    assert await link.peer.read_end() == ([(1, b"error"), (CLOSE, b"\x0f\xa1kicked")], "FIN")
    assert link.heard.ends == [4001]


async def test_a_slow_member_gets_its_close_frame_behind_the_record_under_way(link: Link) -> None:
    """Half a TLS record would end the connection before the close code is read."""
    written = link.fill()
    link.member.write(frame(b"dropped") * 20_000)
    link.member.close_slow(TOO_SLOW)
    await link.peer.send(close_frame(4003))
    got, end = await link.peer.read_end()
    assert (got[:-1], close_code_of(got[-1]), end) == (all_frames(written), 4003, "FIN")


async def test_a_violation_is_told(link: Link) -> None:
    """The author of a broken client would see a lost connection, and no reason."""
    await link.peer.send(client_frame(b"", 3) + client_frame(b"x" * 100) * 300)
    (error, closing), end = await link.peer.read_end()
    assert (error[0], close_code_of(closing), end) == (1, 1002, "FIN")
    assert link.heard.ends == [1002]
