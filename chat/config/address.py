"""The one argument of the program: where to listen.

Read before anything is installed, so by the standard library alone; Twisted's endpoints and the
like neither take `:8000` and `[::1]:8000` nor bind every address that a name stands for.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass

_FORM = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*):(?P<port>[^:]*)", re.DOTALL)
_ALLOWED = "expected HOST:PORT, such as 127.0.0.1:8000, localhost:8000, [::1]:8000 or :8000"


class AddressError(ValueError):
    """What was given cannot be listened on by anybody; the text says why."""


class BindError(OSError):
    """The address is well formed but not to be had here and now; the text names it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: an empty host means all interfaces, port 0 lets the kernel pick."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_everywhere(self) -> bool:
        """Whether this is every interface of the machine."""
        return self.host in {"", "0.0.0.0", "::"}

    @property
    def visible_host(self) -> str:
        """A host name that a browser on this machine can use, in the form a URL takes."""
        host = "localhost" if self.is_everywhere else self.host
        return f"[{host}]" if ":" in host else host


def parse_address(text: str) -> Address:
    """Read `HOST:PORT`, `[IPv6]:PORT` or `:PORT`; AddressError says what was got instead."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise AddressError(f"got {text!r}, {_ALLOWED}")
    port = match["port"]
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise AddressError(f"got port {port!r} in {text!r}, expected a number from 0 to 65535")
    host = match["host"].strip("[]")
    if not host and match["host"]:
        raise AddressError(f"got {text!r}, {_ALLOWED}")
    return Address(host, int(port))


def bind(address: Address) -> list[socket.socket]:
    """Open a listening socket for every address that the host stands for.

    With port 0 all of them share the port that the kernel picked for the first.

    Raises:
        AddressError: the host does not resolve.
        BindError: the port is taken, not permitted, or the host is not of this machine.

    """
    if not address.host:
        return [_bind_everywhere(address)]
    sockets: list[socket.socket] = []
    port = address.port
    try:
        for family, sockaddr in resolve(address):
            sockets.append(_listen(address, family, (sockaddr[0], port, *sockaddr[2:])))
            port = sockets[0].getsockname()[1]
    except BaseException:
        for opened in sockets:
            opened.close()
        raise
    return sockets


def resolve(address: Address) -> list[tuple[socket.AddressFamily, tuple[str | int, ...]]]:
    """Return the families and socket addresses to bind; AddressError if the host has none."""
    try:
        found = socket.getaddrinfo(
            address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise AddressError(f"got host {address.host!r}, which does not resolve: {error}") from None
    families = (socket.AF_INET, socket.AF_INET6)
    usable: dict[tuple[socket.AddressFamily, tuple[str | int, ...]], None] = {
        (family, (str(sockaddr[0]), *sockaddr[1:])): None
        for family, _, _, _, sockaddr in found
        if family in families and _is_ready(family)
    }
    if not usable:
        raise AddressError(f"got host {address.host!r}, which has no address this machine can use")
    return list(usable)


def _is_ready(family: socket.AddressFamily) -> bool:
    """`localhost` names ::1 also where the kernel has no IPv6."""
    return family != socket.AF_INET6 or socket.has_dualstack_ipv6()


def _bind_everywhere(address: Address) -> socket.socket:
    if socket.has_dualstack_ipv6():
        return _listen(address, socket.AF_INET6, ("::", address.port), dualstack=True)
    return _listen(address, socket.AF_INET, ("0.0.0.0", address.port))


def _listen(
    address: Address,
    family: socket.AddressFamily,
    sockaddr: tuple[str | int, ...],
    *,
    dualstack: bool = False,
) -> socket.socket:
    try:
        listener = socket.create_server(
            sockaddr, family=family, backlog=4096, dualstack_ipv6=dualstack
        )
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise BindError(f"cannot listen on {address}: {reason}") from None
    listener.settimeout(0)
    return listener
