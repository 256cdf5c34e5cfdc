"""Where the server is: ``ws://HOST:PORT/`` and its like taken apart."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from wschat_tools.load.errors import BadAddressError, ConnectError

if TYPE_CHECKING:
    from pathlib import Path

FORMS: Final = "ws://HOST:PORT/, wss://HOST:PORT/ or unix:///SOCKET"
# What a TLS socket raises where a plain one would block.
WAITS: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
PORTS: Final = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """A server's place: what to ask for, the socket address to ask at, and how to encrypt."""

    scheme: str
    host: str
    port: int
    path: str
    family: socket.AddressFamily
    sockaddr: tuple[object, ...] | str
    tls: ssl.SSLContext | None = field(default=None, compare=False)

    @property
    def authority(self) -> str:
        """``HOST:PORT`` as a Host header has it."""
        if not self.port:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The origin of the server's own page, which every server lets in."""
        return f"{'https' if self.tls else 'http'}://{self.authority}"

    @property
    def is_tcp(self) -> bool:
        """Whether it is reached by TCP, and not by a socket in the file system."""
        return self.scheme != "unix"

    def __str__(self) -> str:
        if not self.is_tcp:
            return f"unix://{self.sockaddr}"
        return f"{self.scheme}://{self.authority}{self.path}"

    def new_socket(self) -> socket.socket:
        """Return a socket that can be connected there; it does not block."""
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        sock.settimeout(0)
        if self.is_tcp:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


def parse_address(url: str, *, ca: Path | None = None, insecure: bool = False) -> Address:
    """Take an address apart and resolve its host.

    Args:
        url: ``ws://HOST[:PORT][/PATH]``, the same with ``wss``, or ``unix:///SOCKET``.
        ca: a file with the certificates that are trusted, in place of the system's.
        insecure: whether any certificate is trusted.

    Raises:
        BadAddressError: the URL has another form, or `ca` is no file of certificates.
        ConnectError: its host does not resolve.

    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadAddressError(f"got {url!r}, expected {FORMS} ({error})") from error
    if parts.username is not None:
        raise BadAddressError(f"got a user in the address, expected {FORMS}: neither tool logs in")
    if parts.scheme == "unix" and parts.path and not host:
        place = unquote(parts.path)
        return Address("unix", "localhost", 0, "/", socket.AF_UNIX, place)
    if parts.scheme not in PORTS or not host or port == 0:
        raise BadAddressError(f"got {url!r}, expected {FORMS}")
    port = port or PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tls = _tls(ca, insecure=insecure) if parts.scheme == "wss" else None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectError(f"{host} does not resolve: {error}") from error
    family, _, _, _, sockaddr = found[0]
    return Address(parts.scheme, host, port, path, family, sockaddr, tls)


def _tls(ca: Path | None, *, insecure: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or str(error)
        raise BadAddressError(f"--ca: got {ca}, which holds no certificates: {reason}") from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
