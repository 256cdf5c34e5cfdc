"""A member's socket and the client's end of its TCP connection, in one process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Any, Final

from chat.transport import member_socket
from chat.transport.hangups import Hangups
from chat.transport.heartbeat import Heartbeat
from chat.transport.member_socket import MemberSocket

if TYPE_CHECKING:
    import pytest

    from chat.transport.base import Receiver

ADDRESS: Final = "192.0.2.7"
CLOSE: Final = 8
KIB: Final = 1024
Frame = tuple[int, bytes]


class Heard:
    """A receiver that keeps what it is told (`chat.transport.base.Receiver`)."""

    def __init__(self) -> None:
        self.texts: list[str | None] = []
        self.ends: list[int] = []

    def receive_message(self, text: str | bytes | None) -> None:
        """Keep it."""
        self.texts.append(text.decode() if isinstance(text, bytes) else text)

    def receive_violation(self, code: int, reason: str) -> None:
        """Leave the answer to the socket."""

    def ended(self, code: int) -> None:
        """Keep it."""
        self.ends.append(code)


class OpenSockets:
    """The count of open sockets: it keeps the addresses of closed ones."""

    def __init__(self) -> None:
        self.closed_ones: list[str] = []

    def closed(self, address: str) -> None:
        """Keep it."""
        self.closed_ones.append(address)


class Peer:
    """The client's end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._received = b""

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def read(self, count: int) -> list[Frame]:
        """Return the next frames that the server sends, whole ones."""
        frames: list[Frame] = []
        async with asyncio.timeout(10):
            while len(frames) < count:
                frame, self._received = take_frame(self._received)
                if frame is not None:
                    frames.append(frame)
                elif not await self.receive():
                    raise EOFError(frames)
        return frames

    async def read_end(self) -> tuple[list[Frame], str]:
        """Return the frames up to the end of the connection, and `FIN` or `reset`.

        Linux lets a client read what came before a reset; other systems may not.
        """
        is_reset = False
        async with asyncio.timeout(10):
            try:
                while await self.receive():
                    pass
            except ConnectionResetError:
                is_reset = True
        is_reset |= self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
        return all_frames(self._received), "reset" if is_reset else "FIN"

    async def read_bytes(self, count: int) -> bytes:
        """Return exactly so many bytes."""
        async with asyncio.timeout(10):
            while len(self._received) < count:
                assert await self.receive(), f"the end came behind {len(self._received)} bytes"
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    async def receive(self) -> bool:
        """Keep what comes next; return whether it was anything but the end."""
        data = await asyncio.get_running_loop().sock_recv(self.socket, 64 * KIB)
        self._received += data
        return bool(data)

    def take_all(self) -> bytes:
        """Return what was received and not read yet."""
        taken, self._received = self._received, b""
        return taken

    def reset(self) -> None:
        """Reset the connection, as a system does whose process is gone."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Link:
    """A member's socket on `connection`, and its `peer`."""

    def __init__(self, connection: socket.socket, peer: socket.socket, unread: bytes) -> None:
        self.connection = connection
        self.peer = Peer(peer)
        self.heard = Heard()
        self.member = MemberSocket(connection, unread, ADDRESS)

    @property
    def unread(self) -> bytes:
        """What the peer sent that the member's socket has not read."""
        with contextlib.suppress(BlockingIOError):
            return self.connection.recv(64 * KIB, socket.MSG_PEEK)
        return b""

    def is_closed(self) -> bool:
        """Return whether the member's socket let go of its descriptor."""
        return self.connection.fileno() == -1

    def start(self, receiver: Receiver | None = None) -> None:
        """Have the member's socket read; its receiver is `heard` by default."""
        self.member.start(receiver or self.heard)

    def fill(self) -> bytes:
        """Write until something waits; return all that was written."""
        written = b""
        while not self.member.backlog:
            data = b"\x82\x7e\x40\x00" + len(written).to_bytes(4, "big") * (4 * KIB)
            self.member.write(data)
            written += data
        return written

    async def take_some(self) -> None:
        """Have the peer take a part of what waits, so that the socket takes more."""
        taken = self.member.taken
        async with asyncio.timeout(10):
            while self.member.taken == taken:
                await self.peer.receive()

    def let_go(self) -> None:
        """Close both ends."""
        self.member.abort()
        self.connection.close()
        self.peer.socket.close()


class Links:
    """Opens links that share a heartbeat, and closes them in the end."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.heartbeat = Heartbeat()
        self.hangups = Hangups()
        self.open_sockets = OpenSockets()
        patch.setattr(member_socket, "the_heartbeat", self.heartbeat)
        patch.setattr(member_socket, "the_hangups", self.hangups)
        patch.setattr(member_socket, "the_sockets", self.open_sockets)
        self._links: list[Link] = []

    def open(self, unread: bytes = b"") -> Link:
        """Return a link whose member's socket does not read yet."""
        link = Link(*tcp_pair(), unread)
        self._links.append(link)
        return link

    def start(self, **options: Any) -> Link:
        """Return a link whose member's socket reads."""
        link = self.open(**options)
        link.start()
        return link

    def let_go(self) -> None:
        """Close them."""
        for link in self._links:
            link.let_go()


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Return the server's and the client's end of a connection with small buffers."""
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as opened:
        client = opened.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * KIB)
        client.connect(listener.getsockname())
        server = opened.enter_context(listener.accept()[0])
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * KIB)
        opened.pop_all()
    for each in (server, client):
        each.setblocking(False)
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server, client


def take_frame(data: bytes) -> tuple[Frame | None, bytes]:
    """Return the first frame that a server sent, None if it is not whole, and what follows it."""
    if len(data) < 2:
        return None, data
    length, start = data[1], 2
    if length >= 126:
        start = 4 if length == 126 else 10
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        return None, data
    return (data[0] & 0x0F, data[start : start + length]), data[start + length :]


def all_frames(data: bytes) -> list[Frame]:
    """Return the frames that a server sent; the last one has to be whole."""
    frames: list[Frame] = []
    while data:
        frame, data = take_frame(data)
        assert frame is not None, f"the connection ended in the middle of a frame: {data[:40]!r}"
        frames.append(frame)
    return frames


def close_code_of(frame: Frame) -> int:
    """Return the code of a close frame, 1005 if it has none."""
    opcode, payload = frame
    assert opcode == CLOSE
    return int.from_bytes(payload[:2], "big") if payload else 1005


async def turns(count: int = 5) -> None:
    """Let the loop look at its sockets so many times."""
    for _ in range(count):
        await asyncio.sleep(0)
