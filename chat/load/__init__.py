"""The load engine: any number of members of one room from one process, counting and verifying.

It measures servers that take much of a core to keep busy, so it compares whole chunks of bytes
instead of parsing what each member receives (see `chat.load.reference`).
"""

from chat.load.address import Address, parse_address
from chat.load.closed_loop import ClosedLoop
from chat.load.crowd import Crowd
from chat.load.errors import BadAddressError, ChatError, ConnectError, HandshakeError, LoadError
from chat.load.joining import Joining
from chat.load.latencies import Latencies
from chat.load.open_loop import OpenLoop
from chat.load.results import Chatted, Joined
from chat.load.volley import Volley

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
