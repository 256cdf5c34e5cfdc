"""The attackers: plain sockets on the loopback interface, for some seconds, then their report.

Run as `python -m tests.attacks.attackers STORY PORT [ARGUMENTS]`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from wschat_tools.conformance.frames import (
    CONTINUATION,
    PING,
    PONG,
    chat_frame,
    chat_text,
    client_frame,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How long an attacker waits for the server at most, on a machine that is busy.
PATIENCE: Final = 30.0
UPGRADE: Final = (
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    """Open a connection, from an address of this host."""
    opened = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def join(port: int) -> socket.socket:
    """Open a connection and become a member."""
    opened = connect(port)
    opened.sendall(UPGRADE.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += opened.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return opened


def push(opened: socket.socket, data: bytes, seconds: float, grace: float = 1e9) -> int:
    """Send what the other side takes, and read nothing; return how much.

    Stops after `seconds`, `grace` seconds after the other side answers, or when it disconnects.
    """
    opened.setblocking(False)
    sent, until = 0, time.monotonic() + seconds
    while sent < len(data) and time.monotonic() < until:
        if grace < seconds and select.select([opened], [], [], 0)[0]:
            until, grace = time.monotonic() + grace, seconds
        select.select([], [opened], [], 0.05)
        try:
            sent += opened.send(data[sent : sent + 65536])
        except BlockingIOError:
            continue
        except OSError:
            break
    return sent


def flood(opened: list[socket.socket], data: bytes, seconds: float) -> int:
    """Send the same on all of them again and again, and throw away what comes back."""
    sent, until = 0, time.monotonic() + seconds
    places = dict.fromkeys(opened, 0)
    for one in opened:
        one.setblocking(False)
    while places and time.monotonic() < until:
        readable, writable, _ = select.select(list(places), list(places), [], 0.1)
        for one in readable:
            if not _swallow(one):
                del places[one]
        for one in writable:
            if one in places:
                count = _send_some(one, data[places[one] :])
                sent += count
                places[one] = (places[one] + count) % len(data)
        time.sleep(0.001)
    return sent


def _swallow(one: socket.socket) -> bool:
    try:
        return bool(one.recv(262144))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _send_some(one: socket.socket, data: bytes) -> int:
    with contextlib.suppress(OSError):
        return one.send(data)
    return 0


# Bodies that one attacker sends at a time.
AT_A_TIME: Final = 4

PIECES: Final[dict[str, bytes]] = {
    "announced": b"x" * 65536,
    "chunked": b"10000\r\n" + b"x" * 65536 + b"\r\n",
    "chunks of a byte": b"1\r\nx\r\n" * 10_000,
    "extensions": (b"1;" + b"e" * 900 + b"\r\nx\r\n") * 70,
}


def bodies(port: int, path: str, kind: str, rounds: str) -> dict[str, Any]:
    """Send bodies that never end, four at a time, and go on for a moment after the answer."""
    length = "Content-Length: 1500000000" if kind == "announced" else "Transfer-Encoding: chunked"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n".encode()
    data = PIECES[kind] * 200
    statuses: list[str] = []
    sent = 0
    for _ in range(int(rounds)):
        opened = [connect(port) for _ in range(AT_A_TIME)]
        for one in opened:
            one.sendall(head)
        for one in opened:
            sent += push(one, data, PATIENCE, 0.1)
            if select.select([one], [], [], PATIENCE)[0]:
                with contextlib.suppress(OSError):
                    statuses.append(one.recv(4096).decode().partition("\r\n")[0])
            one.close()
    return {"sent": sent, "connections": AT_A_TIME, "statuses": sorted(set(statuses))}


def ghosts(port: int, count: str, end: str) -> dict[str, Any]:
    """Join, send three megabytes of small chats, read nothing, and be gone."""
    members = [join(int(port)) for _ in range(int(count))]
    words = b"".join(chat_frame(f"boo {number}") for number in range(100_000))[:3_000_000]
    sent = sum(push(member, words, 0.05) for member in members)
    for member in members:
        if end == "reset":
            member.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        member.close()
    return {"sent": sent}


def _in_fragments(text: bytes) -> bytes:
    """Cut a message into frames of one byte."""
    frames = [client_frame(text[:1], fin=False)]
    frames += [
        client_frame(text[at : at + 1], CONTINUATION, fin=False) for at in range(1, len(text))
    ]
    return b"".join([*frames, client_frame(b"", CONTINUATION)])


FLOODS: Final[dict[str, bytes]] = {
    "fragments": _in_fragments(chat_text("x" * 180)) * 10,
    "pings": client_frame(b"p", PING) * 500,
    "pongs": client_frame(b"", PONG) * 500,
}


def frames(port: int, count: str, kind: str, seconds: str) -> dict[str, Any]:
    """Join, and send what is no message, as fast as it is taken."""
    members = [join(port) for _ in range(int(count))]
    return {"sent": flood(members, FLOODS[kind], float(seconds))}


def chats(port: int, count: str, size: str, seconds: str) -> dict[str, Any]:
    """Join, and say long things as fast as they are taken."""
    members = [join(port) for _ in range(int(count))]
    return {"sent": flood(members, chat_frame("x" * int(size)), float(seconds))}


def continuations(port: int, count: str, seconds: str) -> dict[str, Any]:
    """Join, begin a message, and go on with it for ever, with nothing."""
    members = [join(port) for _ in range(int(count))]
    for member in members:
        member.sendall(client_frame(b"", fin=False))
    empty = client_frame(b"", CONTINUATION, fin=False) * 1000
    return {"sent": flood(members, empty, float(seconds))}


def half_open(port: int, count: str, addresses: str, enough: str) -> dict[str, Any]:
    """Begin requests from several addresses, and send a byte of each head now and then.

    Stops when the server has closed `enough` connections.
    """
    sources = [f"127.0.0.{1 + number}" for number in range(int(addresses))]
    opened = [connect(port, sources[number % len(sources)]) for number in range(int(count))]
    for one in opened:
        _send_some(one, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    begun = time.monotonic()
    ended: list[float] = []
    while len(ended) < int(enough) and time.monotonic() - begun < 60:
        readable, _, _ = select.select(opened, [], [], 1)
        for one in readable:
            if not _swallow(one):
                ended.append(time.monotonic() - begun)
                opened.remove(one)
        for one in opened:
            _send_some(one, b"x")
    return {"left": len(opened), "last": max(ended, default=0)}


# Refused tries after which the login flood has seen enough.
ENOUGH: Final = 50


def logins(port: int, count: str, seconds: str) -> dict[str, Any]:
    """Try passwords, for one name and for many in turn, from so many addresses."""
    statuses: dict[str, int] = {}
    for number, source in enumerate(_sources(int(count), float(seconds))):
        name = f"name{number}" if number < 2 else "olga"  # each costs a hash until it is locked
        status = log_in(port, source, name, "wrong")
        statuses[status] = statuses.get(status, 0) + 1
        if statuses.get("429", 0) == ENOUGH:
            break
    return {"statuses": statuses, "tries": sum(statuses.values())}


def _sources(count: int, seconds: float) -> Iterator[str]:
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        number += 1
        yield f"127.0.0.{2 + number % count}"


def log_in(port: int, source: str, name: str, password: str) -> str:
    """Send the admin's login form once; return the status."""
    token = os.urandom(16).hex()
    body = f"username={name}&password={password}&csrfmiddlewaretoken={token}".encode()
    head = (
        f"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nCookie: wschat_csrf={token}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0)) as opened:
        opened.sendall(head.encode() + body)
        return opened.recv(65536).decode().split(" ")[1]


STORIES: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "bodies": bodies,
    "chats": chats,
    "continuations": continuations,
    "frames": frames,
    "ghosts": ghosts,
    "half_open": half_open,
    "logins": logins,
}

if __name__ == "__main__":
    story, at, *arguments = sys.argv[1:]
    print("begun", flush=True)
    print(json.dumps(STORIES[story](int(at), *arguments)))
