"""The load engine: any number of members of one room from one process, counting and verifying.

It measures servers that take much of a core to keep busy, so it compares whole chunks of bytes
instead of parsing what each member receives (see `wschat_tools.load.reference`).
"""

from wschat_tools.load.address import Address, parse_address
from wschat_tools.load.closed_loop import ClosedLoop
from wschat_tools.load.crowd import Crowd
from wschat_tools.load.errors import (
    BadAddressError,
    ChatError,
    ConnectError,
    HandshakeError,
    LoadError,
)
from wschat_tools.load.joining import Joining
from wschat_tools.load.latencies import Latencies
from wschat_tools.load.open_loop import OpenLoop
from wschat_tools.load.results import Chatted, Joined
from wschat_tools.load.volley import Volley

__all__ = [
    "Address",
    "BadAddressError",
    "ChatError",
    "Chatted",
    "ClosedLoop",
    "ConnectError",
    "Crowd",
    "HandshakeError",
    "Joined",
    "Joining",
    "Latencies",
    "LoadError",
    "OpenLoop",
    "Volley",
    "parse_address",
]
