from __future__ import annotations

import pytest
from wsproto.utilities import generate_accept_token

from wschat_tools.load.address import parse_address
from wschat_tools.load.errors import BadAddressError, ConnectError
from wschat_tools.load.frames import CLOSE, TEXT, masked_frame, read_control
from wschat_tools.load.handshake import Handshake


def test_answer_for_our_key() -> None:
    """Without it a good server could be refused, or its first message lost with the headers."""
    handshake = Handshake(parse_address("ws://127.0.0.1:9/"))
    key = handshake.request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    accept = generate_accept_token(key)
    answer = b"HTTP/1.1 101 Go\r\nSEC-WEBSOCKET-ACCEPT:" + accept + b"\r\n\r\n\x81\x00"
    assert handshake.rest(answer[:40]) is None
    assert handshake.rest(answer) == b"\x81\x00"


@pytest.mark.parametrize(
    "url", ["127.0.0.1:80", "http://127.0.0.1/", "ws://:80/", "ws://127.0.0.1:0/", "ws://a:99999/"]
)
def test_bad_addresses(url: str) -> None:
    """Without it a mistyped address would end in a traceback."""
    with pytest.raises(BadAddressError, match="expected ws://HOST:PORT/"):
        parse_address(url)


def test_unknown_host() -> None:
    """Without it a host that does not resolve would end in a traceback."""
    with pytest.raises(ConnectError, match="does not resolve"):
        parse_address("ws://host.invalid:80/")


def test_address_parts() -> None:
    """Without it a path, a query or IPv6 would be left out of the request."""
    address = parse_address("ws://[::1]:8000/room?x=1")
    assert str(address) == "ws://[::1]:8000/room?x=1"
    assert b"GET /room?x=1 HTTP/1.1\r\nHost: [::1]:8000\r\n" in Handshake(address).request


@pytest.mark.parametrize("size", [0, 5, 125, 126, 65_535, 65_536])
def test_masked_frames(size: int) -> None:
    """Without it servers would get other words than the load test counts on."""
    payload = bytes(range(256)) * (size // 256 + 1)
    frame = masked_frame(TEXT, payload[:size])
    head = {True: 2, size > 125: 4, size > 65_535: 10}[True]
    mask, body = frame[head : head + 4], frame[head + 4 :]
    assert frame[0] == 0x81
    assert frame[1] & 0x80
    assert bytes(b ^ mask[i % 4] for i, b in enumerate(body)) == payload[:size]


def test_close_reasons() -> None:
    """Without it nobody would read why a server ended a connection."""
    assert read_control(b"\x88") is None
    assert read_control(b"\x88\x02\x03") is None
    closed = read_control(b"\x88\x04\x03\xf1noX")
    assert closed is not None
    assert (closed.opcode, closed.size, closed.close_reason) == (CLOSE, 6, "closed with 1009 no")
    empty = read_control(b"\x88\x00")
    assert empty is not None
    assert empty.close_reason == "closed without a code"
