"""The private names of other libraries on which our bounds rest are still there, and still used."""

from __future__ import annotations

from typing import Any, Final

import channels_redis.pubsub
import daphne.http_protocol
import daphne.server
import daphne.ws_protocol
import pytest
import redis.asyncio.connection
import twisted.internet.abstract
import twisted.internet.tcp
import twisted.web.http
from autobahn.websocket.protocol import WebSocketProtocol, WebSocketServerProtocol
from channels.consumer import AsyncConsumer
from channels.utils import await_many_dispatch
from daphne.http_protocol import WebRequest
from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.abstract import FileDescriptor
from twisted.internet.tcp import Connection, Port
from twisted.internet.tcp import Server as Accepted
from twisted.internet.testing import MemoryReactorClock
from twisted.protocols.basic import LineReceiver
from twisted.protocols.policies import TimeoutMixin
from twisted.web.http import HTTPChannel
from twisted.web.http import Request as TwistedRequest

from chat.serving.server import Server
from chat.transport.factory import ChannelFactory
from chat.transport.http import Channel
from chat.transport.request import Request
from chat.transport.shared_port import SharedPort
from chat.transport.tls import TlsConnection
from chat.transport.twisted_tls import BoundedProtocol
from tests.transport.insides import names_of_class, names_of_module, names_used, private_names

# A function of another library, a name that it has to use, and what is lost if it does not.
USED: Final = [
    # Heads of requests
    (HTTPChannel.lineReceived, "_path", "no body is refused: its path is not known"),
    (HTTPChannel.lineReceived, "_receivedHeaderSize", "heads that are cut off are not counted"),
    (HTTPChannel.connectionMade, "timeOut", "the head of a request may take for ever"),
    (HTTPChannel.dataReceived, "resetTimeout", "a byte now and then keeps a connection for ever"),
    (TimeoutMixin.setTimeout, "callLater", "heads and bodies may take for ever"),
    (HTTPChannel.requestDone, "_savedTimeOut", "an idle kept connection is never closed"),
    (HTTPChannel.timeoutConnection, "abortTimeout", "a client that reads nothing is never reset"),
    (HTTPChannel.connectionLost, "_abortingCall", "a refused connection is aborted twice"),
    (HTTPChannel.forceAbortClient, "abortConnection", "a refused connection is never reset"),
    (FileDescriptor.doWrite, "_tempDataLen", "a client that takes an answer is cut off"),
    (FileDescriptor.doWrite, "dataBuffer", "a client that takes an answer is cut off"),
    (FileDescriptor.doWrite, "offset", "a client that takes an answer is cut off"),
    # Bodies of requests
    (HTTPChannel.lineReceived, "allHeadersReceived", "bodies of any announced length are taken"),
    (HTTPChannel.lineReceived, "allContentReceived", "refused requests are answered as well"),
    (LineReceiver.dataReceived, "rawDataReceived", "bodies in chunks may be of any length"),
    (HTTPChannel.headerReceived, "_maybeChooseTransferDecoder", "bodies may be of any length"),
    (
        HTTPChannel._maybeChooseTransferDecoder,
        "handleContentChunk",
        "bodies in chunks may be of any length",
    ),
    # Handshakes
    (
        HTTPChannel.lineReceived,
        "requestFactory",
        "handshakes are not ours: no socket is handed over",
    ),
    (
        TwistedRequest.requestReceived,
        "process",
        "handshakes are not ours: no socket is handed over",
    ),
    (DaphneServer.run, "HTTPFactory", "Daphne makes its own connections: none of our bounds holds"),
    (DaphneServer.run, "http_factory", "`serve` cannot accept connections"),
    (DaphneServer.run, "ws_factory", "`daphne -e ssl:` has no bound on what waits to be sent"),
    (WebSocketFactory.buildProtocol, "buildProtocol", "`daphne -e ssl:` has no bounds"),
    (WebRequest.connectionLost, "send_disconnect", "handshakes of clients that left go on"),
    (WebRequest.connectionLost, "protocol_disconnected", "Daphne keeps a request for each member"),
    (DaphneServer.application_checker, "handle_exception", "a failed handshake gets no answer"),
    (DaphneServer.handle_reply, "handle_reply", "handshakes are not answered"),
    (Connection._closeSocket, "socket", "a socket that is handed over is closed by Twisted"),
    (Connection.connectionLost, "protocol", "the HTTP side of a member is never let go"),
    # Listening, and the end
    (Port.doRead, "numberAccepts", "workers take connections unevenly"),
    (Port.doRead, "transport", "`wss://` by the settings does not work"),
    (DaphneServer.run, "kill_all_applications", "a stop sends no close frame"),
    (DaphneServer.run, "ready_callable", "`serve` never starts to listen"),
    # Members whose socket is not handed over
    (WebSocketProtocol._connectionMade, "CONFIG_ATTRS", "frames of `daphne -e ssl:` are unbounded"),
    (AsyncConsumer.__call__, "base_send", "attached members cannot be sent anything"),
    (await_many_dispatch, "cancel", "a consumer that failed leaves a ghost in the room"),
]

# Attributes that are no names in a function.
THERE: Final = [
    (HTTPChannel, "_receivedHeaderSize", "heads that are cut off are not counted"),
    (HTTPChannel, "_savedTimeOut", "an idle kept connection is never closed"),
    (HTTPChannel, "_abortingCall", "a refused connection is aborted twice"),
    (Connection, "getHandle", "no socket is handed over"),
    (Connection, "loseWriteConnection", "a client that is refused does not see why"),
    (Port, "_fromListeningDescriptor", "several workers cannot share a port"),
    (WebSocketFactory, "protocol", "`daphne -e ssl:` has no bounds"),
    (WebSocketServerProtocol, "STATE_CONNECTING", "`daphne -e ssl:` cannot accept"),
    (WebSocketServerProtocol, "STATE_OPEN", "`daphne -e ssl:` cannot send"),
    (WebSocketServerProtocol, "sendCloseFrame", "`daphne -e ssl:` cannot close with our codes"),
]

# Private names of other libraries, by what is lost without them.
PRIVATE: Final = {
    "_receivedHeaderSize": "heads that are cut off are not counted",
    "_tempDataLen": "a client that takes an answer is cut off",
    "_fromListeningDescriptor": "several workers cannot share a port",
    "_shards": "a subscription that was cut is not noticed",
    "_redis": "a subscription that was cut is not noticed",
    "_pubsub": "a subscription that was cut is not noticed",
    "_layers": "a loop that ended keeps its connection to Redis",
    "_get_group_channel_name": "the log publishes where nobody subscribes",
}
LIBRARIES: Final = [
    twisted.web.http,
    twisted.internet.tcp,
    twisted.internet.abstract,
    daphne.server,
    daphne.http_protocol,
    daphne.ws_protocol,
    channels_redis.pubsub,
    redis.asyncio.connection,
]


@pytest.mark.parametrize(
    ("function", "name", "lost"), USED, ids=[f"{f.__qualname__} {name}" for f, name, _ in USED]
)
def test_the_hooks_of_other_libraries_are_used_as_before(
    function: Any, name: str, lost: str
) -> None:
    """After an update of Twisted or Daphne a bound would be gone without a word."""
    assert name in names_used(function), f"{function.__qualname__} no longer uses {name}: {lost}"


@pytest.mark.parametrize(("owner", "name", "lost"), THERE)
def test_the_attributes_of_other_libraries_are_there(owner: type, name: str, lost: str) -> None:
    """After an update of Twisted or Daphne a bound would be gone without a word."""
    assert hasattr(owner, name), f"{owner.__qualname__} has no {name} any longer: {lost}"


@pytest.mark.parametrize("name", ["failByDrop", "maxMessagePayloadSize", "maxFramePayloadSize"])
def test_the_options_of_autobahn_are_read_from_the_class(name: str) -> None:
    """With `daphne -e ssl:` frames of any size would be taken, or the close code be lost."""
    assert name in WebSocketServerProtocol.CONFIG_ATTRS, f"Autobahn has no option {name}"
    assert hasattr(BoundedProtocol, name), f"{name} is taken from the factory again"
    uses = names_used(WebSocketProtocol._connectionMade)
    assert {"hasattr", "setattr"} <= uses, f"Autobahn overwrites {name} of the class"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "connections",
            "ping_interval",
            "ping_timeout",
            "root_path",
            "http_factory",
            "ws_factory",
        ),
        "endpoints",
        "proxy_forwarded_address_header",
        "proxy_forwarded_port_header",
        "proxy_forwarded_proto_header",
    ],
)
def test_the_attributes_of_daphne_s_server_are_there(name: str) -> None:
    """A handshake would end in an exception, or the settings of Daphne be ignored."""
    used = names_used(DaphneServer.__init__) | names_used(DaphneServer.run)
    assert name in used, f"Daphne's server has no {name} any longer"


@pytest.mark.parametrize(
    "name", ["application_queue", "server", "client_addr", "server_addr", "request_start"]
)
def test_the_attributes_of_daphne_s_request_are_there(name: str) -> None:
    """A handshake would end in an exception, or its end go unnoticed."""
    assert name in names_of_class(WebRequest), f"Daphne's request has no {name} any longer"


def test_daphne_makes_our_connections() -> None:
    """Without the factory none of the bounds on strangers would hold."""
    assert daphne.server.HTTPFactory is ChannelFactory, "Daphne makes its own connections"
    assert ChannelFactory.protocol is Channel


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (Channel, {"_path", "_receivedHeaderSize", "_savedTimeOut", "_abortingCall"}),
        (Request, set()),
        (ChannelFactory, set()),
        (BoundedProtocol, set()),
        (SharedPort, {"_fromListeningDescriptor"}),
        (TlsConnection, set()),
        (Server, set()),
    ],
)
def test_no_private_name_is_shared_by_accident(ours: type, expected: set[str]) -> None:
    """A name of ours that a base class comes to use, too, would break both in live connections."""
    theirs = {name for base in ours.__mro__[1:] for name in names_of_class(base)}
    shared = {
        name
        for name in names_of_class(ours) & theirs
        if name.startswith("_") and not name.startswith("__")
    }
    assert shared == expected


def test_every_private_name_is_one_that_is_known() -> None:
    """A name that a library never promised would be used, and nobody look after it."""
    unknown = {name: files for name, files in private_names().items() if name not in PRIVATE}
    assert unknown == {}, "say in PRIVATE what is lost if the library drops it"
    gone = PRIVATE.keys() - private_names().keys()
    assert gone == set(), "chat/ uses it no longer: take it out of PRIVATE"


@pytest.mark.parametrize("name", PRIVATE)
def test_the_libraries_still_have_the_private_names(name: str) -> None:
    """After an update of a library something would be gone without a word."""
    is_used = any(name in names_of_module(module) for module in LIBRARIES)
    assert is_used, f"no library has {name} any longer: {PRIVATE[name]}"


def test_an_accepted_connection_has_the_buffers_that_we_measure() -> None:
    """A client that takes a long answer slowly would be cut off in the middle of it."""
    assert issubclass(Accepted, Connection)
    make_reactor: Any = MemoryReactorClock
    descriptor = FileDescriptor(make_reactor())
    unsent = descriptor._tempDataLen + len(descriptor.dataBuffer) - descriptor.offset
    assert unsent == 0
