from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.transport.base import SOCKET
from chat.transport.handshake import HandshakeError, path_of
from chat.transport.upgrade import SHORT_BYTES, Upgrade
from tests.transport.handshakes import FakeRequest, FakeServer, scope_of


def test_the_scope_of_a_handshake() -> None:
    """The consumer would not see who comes, from where and to which server."""
    headers = {b"X-Name": [b"one", b"two"], b"Origin": [b"https://chat.example"]}
    scope = scope_of(headers, uri=b"/caf%C3%A9?name=a%20b&x=1", server=FakeServer(root_path="/p"))
    given_headers = scope.pop("headers")
    assert scope == {
        "type": "websocket",
        "path": "/café",
        "raw_path": b"/caf%C3%A9",
        "root_path": "/p",
        "query_string": b"name=a%20b&x=1",
        "client": ["198.51.100.1", 40000],
        "server": ["192.0.2.1", 8000],
        "subprotocols": [],
        "extensions": {SOCKET: None, "websocket.http.response": {}},
        "asgi": {"version": "3.0"},
    }
    assert (b"host", b"chat.example") in given_headers
    assert [value for name, value in given_headers if name == b"x-name"] == [b"one", b"two"]
    assert all(name == name.lower() for name, _ in given_headers)


def test_headers_with_an_underscore_are_dropped() -> None:
    """A client could set `X_Real_IP` past a proxy, and be taken for another address."""
    headers = {b"X_Real_IP": [b"10.0.0.1"], b"X-Forwarded_For": [b"10.0.0.1"], b"_": [b"x"]}
    names = [name for name, _ in scope_of(headers)["headers"]]
    assert all(b"_" not in name for name in names)
    assert len(names) == 5


def test_a_client_cannot_move_the_root() -> None:
    """A client could choose the path that the application sees (`Daphne-Root-Path`)."""
    scope = scope_of({b"Daphne-Root-Path": [b"/elsewhere"]})
    assert (scope["root_path"], scope["path"]) == ("", "/")


def test_short_headers_are_shared_between_members() -> None:
    """Each member would cost a kilobyte more, or a long header of each be kept for ever."""
    short, long = b"x" * SHORT_BYTES, b"y" * (SHORT_BYTES + 1)
    headers = {b"X-Short": [short], b"X-Long": [long]}
    first, second = ({entry[0]: entry for entry in scope_of(headers)["headers"]} for _ in range(2))
    assert first[b"x-short"] is second[b"x-short"]
    assert first[b"x-long"] == (b"x-long", long) == second[b"x-long"]
    assert first[b"x-long"] is not second[b"x-long"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([b"chat"], ["chat"]),
        ([b"a,b , c"], ["a", "b", "c"]),
        ([b"a", b"b"], ["a", "b"]),
    ],
)
def test_subprotocols_are_told(values: list[bytes], expected: list[str]) -> None:
    """A consumer that chooses a subprotocol could not."""
    assert scope_of({b"Sec-WebSocket-Protocol": values})["subprotocols"] == expected


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", b"/", b""),
        (b"/a?b?c", b"/a", b"b?c"),
        (b"http://chat.example", b"/", b""),
        (b"http://chat.example?name=a", b"/", b"name=a"),
        (b"ws://chat.example:8000/room?name=a", b"/room", b"name=a"),
    ],
)
def test_a_target_may_be_a_whole_url(target: bytes, path: bytes, query: bytes) -> None:
    """A client behind some proxies would not find the room."""
    scope = scope_of(uri=target)
    assert (scope["raw_path"], scope["path"], scope["query_string"]) == (path, path.decode(), query)


@given(st.binary(min_size=1, max_size=30).map(lambda data: data.translate(None, b" \r\n\0")))
@example(b"http://[::1")
@example(b"http://chat.example/\xff")
@example(b"\xff")
@example(b"*")
@example(b"/\xff%ff?\xff")
def test_any_target_has_a_path_or_none(target: bytes) -> None:
    """A client with a broken URL would be left without an answer, and its traceback in the log."""
    request = FakeRequest(uri=target or b"/")
    path = path_of(request)
    assert b"?" not in path
    if path:
        scope = Upgrade(request).scope
        assert (scope["raw_path"], scope["path"] != "") == (path, True)


@pytest.mark.parametrize(
    "target",
    [b"http://[::1", b"\xff", b"http://chat.example/\xff", b"//", b"//chat.example/", b"/;x"],
)
def test_a_target_that_is_read_in_two_ways_has_no_path(target: bytes) -> None:
    """A client would get into the room by a way around our sockets and their bounds."""
    assert path_of(FakeRequest(uri=target)) == b""


def test_the_address_that_a_proxy_tells() -> None:
    """Behind `daphne --proxy-headers` everyone would share the address of the proxy."""
    server = FakeServer(
        proxy_forwarded_address_header="X-Forwarded-For",
        proxy_forwarded_port_header="X-Forwarded-Port",
        proxy_forwarded_proto_header="X-Forwarded-Proto",
    )
    headers = {b"X-Forwarded-For": [b"203.0.113.9"], b"X-Forwarded-Port": [b"1234"]}
    assert scope_of(headers, server=server)["client"] == ["203.0.113.9", 1234]
    assert scope_of(server=server)["client"] == ["198.51.100.1", 40000]


def test_a_forwarded_address_that_is_junk_is_refused() -> None:
    """A client behind `daphne --proxy-headers` could leave tracebacks in the log."""
    server = FakeServer(proxy_forwarded_address_header="X-Forwarded-For")
    with pytest.raises(HandshakeError, match="X-Forwarded"):
        scope_of({b"X-Forwarded-For": [b"\xff\xfe"]}, server=server)
