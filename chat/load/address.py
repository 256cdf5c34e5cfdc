"""Where the server is: ``ws://HOST:PORT/`` taken apart."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from chat.load.errors import BadAddressError, ConnectError


@dataclass(frozen=True, slots=True)
class Address:
    """A server's place: what to ask for, and the socket address to ask at."""

    host: str
    port: int
    path: str
    family: socket.AddressFamily
    sockaddr: tuple[object, ...]

    @property
    def authority(self) -> str:
        """``HOST:PORT`` as a Host header has it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The origin of the server's own page, which every server lets in."""
        return f"http://{self.authority}"

    def __str__(self) -> str:
        return f"ws://{self.authority}{self.path}"


def parse_address(url: str) -> Address:
    """Take ``ws://HOST[:PORT][/PATH]`` apart and resolve its host.

    Raises:
        BadAddressError: if the URL has another form.
        ConnectError: if its host does not resolve.

    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, 80 if parts.port is None else parts.port
    except ValueError as error:
        raise BadAddressError(f"got {url!r}, expected ws://HOST:PORT/ ({error})") from error
    if parts.scheme != "ws" or not host or not port:
        raise BadAddressError(f"got {url!r}, expected ws://HOST:PORT/")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectError(f"{host} does not resolve: {error}") from error
    family, _, _, _, sockaddr = found[0]
    return Address(host, port, path, family, sockaddr)
