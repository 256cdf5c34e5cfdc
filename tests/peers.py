"""The servers of `bench/peers` and worse ones, for tests of what measures and checks servers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import queue
import socket
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from tests.servers import ROOT, environment, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

START_SECONDS = 30.0
OWN_CONNECT = (
    b'{"sender":"system","action":"connect",'
    b'"contents":"5f0c7a3e-9b51-4c8e-8f7d-2b1a90c4d6e1","timestamp":1795399389}'
)


@contextmanager
def peer(name: str) -> Iterator[str]:
    """Run a server of `bench/peers` by its module's name; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", f"bench.peers.{name}", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL)
    try:
        _await_port(port)
        yield f"ws://127.0.0.1:{port}/"
    finally:
        process.kill()
        process.wait()


def _await_port(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens at {port}")


def accept_key(request: bytes) -> bytes:
    """Return what a handshake is to be answered with (RFC 6455 section 4.2.2)."""
    key = request.lower().partition(b"sec-websocket-key:")[2]
    start = len(request) - len(key)
    given = request[start:].split(b"\r\n", 1)[0].strip()
    digest = hashlib.sha1(given + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest)


async def shake_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a handshake as a WebSocket server does."""
    request = await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_key(request) + b"\r\n\r\n"
    )


def server_frame(payload: bytes) -> bytes:
    """Return a whole text frame of less than 64 KiB."""
    if len(payload) < 126:
        return bytes((0x81, len(payload))) + payload
    return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be a web server that knows no WebSocket."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End every connection at once."""
    del reader, writer


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, and not even answer the handshake."""
    del writer
    await reader.read()


async def join_in_silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shake hands, and say nothing any more."""
    await shake_hands(reader, writer)
    await reader.read()


async def junk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the handshake with a megabyte that is none."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\xff\x00junk" * 170_000)


async def junk_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shake hands, then send a megabyte that is no frames."""
    await shake_hands(reader, writer)
    writer.write(b"\xff\x00junk" * 170_000)
    await reader.read()


async def junk_texts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shake hands, then send a megabyte of texts that are no messages."""
    await shake_hands(reader, writer)
    writer.write(server_frame(b"junk" * 1000) * 250)
    await reader.read()


async def other_key(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer for another key than was asked."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
    )


async def turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shake hands, then close with 1013."""
    await shake_hands(reader, writer)
    writer.write(b"\x88\x02\x03\xf5")


@asynccontextmanager
async def bad_server(serve: Serve) -> AsyncIterator[str]:
    """Serve TCP in a bad way; yields the address."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


BAD_SERVERS: dict[str, tuple[Serve, str]] = {
    "no WebSocket": (refuse, "404"),
    "hangs up": (hang_up, "end"),
    "says nothing": (say_nothing, "nothing|no answer"),
    "joins in silence": (join_in_silence, "no message|nothing"),
    "a megabyte of junk": (junk, "junk"),
    "a megabyte of bad frames": (junk_frames, "frame"),
    "a megabyte of bad texts": (junk_texts, "junk|connect"),
    "another key": (other_key, "Sec-WebSocket-Accept"),
    "turns away": (turn_away, "1013"),
}

# Those that are servers as far as the handshake, and let nobody in.
LET_NOBODY_IN = {
    *("joins in silence", "a megabyte of bad frames", "a megabyte of bad texts", "turns away"),
}


@contextmanager
def in_thread(serve: Serve) -> Iterator[str]:
    """Serve TCP in a bad way while the test's own thread is busy; yields the address."""
    ready: queue.Queue[str] = queue.Queue()
    end = threading.Event()

    async def run() -> None:
        async with bad_server(serve) as url:
            ready.put(url)
            while not end.is_set():
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        yield ready.get(timeout=START_SECONDS)
    finally:
        end.set()
        thread.join()
