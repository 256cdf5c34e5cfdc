from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.transport.handshake import MOST_SHOWN, HandshakeError, accept_key
from tests.transport.handshakes import KEY, FakeRequest

if TYPE_CHECKING:
    from http import HTTPStatus

# Bytes that Twisted lets through in the value of a header (RFC 9110 section 5.5).
VALUES = st.binary(max_size=60).map(lambda data: data.translate(None, b"\0\r\n").strip(b" \t"))
NAMES = [
    b"Sec-WebSocket-Protocol",
    b"Sec-WebSocket-Extensions",
    b"Sec-WebSocket-Key",
    b"Connection",
    b"Upgrade",
    b"Origin",
    b"X-Name",
]


def refusal(**options: Any) -> tuple[HTTPStatus, str]:
    """Return the status and the line by which a handshake is refused."""
    with pytest.raises(HandshakeError) as caught:
        accept_key(FakeRequest(**options))
    return caught.value.status, str(caught.value)


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.2"])
def test_another_version_of_http_is_refused_with_a_hint(version: bytes) -> None:
    """An operator whose nginx speaks HTTP/1.0 would not find out what to set."""
    status, reason = refusal(version=version)
    assert status == 505
    assert version.decode() in reason
    assert "proxy_http_version 1.1" in reason


@pytest.mark.parametrize("method", [b"POST", b"HEAD", b"get", b"\xff"])
def test_another_method_is_refused(method: bytes) -> None:
    """A broken client would join by a request that proxies treat as something else."""
    status, reason = refusal(method=method)
    assert status == 405
    assert "expected GET" in reason


@pytest.mark.parametrize(
    "headers",
    [
        {b"Upgrade": [b"websocket", b"websocket"]},
        {b"Upgrade": [b"websocket, websocket"]},
        {b"Upgrade": [b"h2c, websocket"]},
        {b"Upgrade": [b"websockets"]},
        {b"Upgrade": []},
        {b"Connection": []},
        {b"Connection": [b"keep-alive"]},
        {b"Connection": [b""]},
    ],
)
def test_what_does_not_ask_for_one_upgrade_is_refused(headers: dict[bytes, list[bytes]]) -> None:
    """A proxy and the server could disagree about what the connection carries."""
    status, reason = refusal(headers=headers)
    assert status in {400, 426}
    assert reason


@pytest.mark.parametrize(("hosts", "count"), [([], 0), ([b"a", b"b"], 2), ([b"a", b"a"], 2)])
def test_a_handshake_has_one_host(hosts: list[bytes], count: int) -> None:
    """A page of another site could get past the check of the host with a second one."""
    status, reason = refusal(headers={b"Host": hosts})
    assert (status, reason) == (400, f"got {count} Host headers, expected one")


@pytest.mark.parametrize(
    "keys", [[], [b""], [b"short"], [KEY[:-2]], [KEY + b"AAAA"], [KEY, KEY], [b"\xff" * 24]]
)
def test_a_bad_key_is_refused(keys: list[bytes]) -> None:
    """A client that is no WebSocket client would be taken for one."""
    status, reason = refusal(headers={b"Sec-WebSocket-Key": keys})
    assert status == 400
    assert "Sec-WebSocket-Key" in reason


@pytest.mark.parametrize("versions", [[], [b"8"], [b"13, 8"], [b"13", b"13"], [b"\xff"]])
def test_another_version_of_the_protocol_is_refused(versions: list[bytes]) -> None:
    """A client of an old draft would join, and then get frames that it cannot read."""
    status, reason = refusal(headers={b"Sec-WebSocket-Version": versions})
    assert status == 426
    assert reason.endswith("expected Sec-WebSocket-Version: 13")


@pytest.mark.parametrize(
    "headers",
    [
        {b"X-Name": [b"a\x0bb"]},
        {b"X-Name": [b"good", b"\x85"]},
        {b"User-Agent": [b"a\x01b"]},
        {b"User-Agent": [b"\x7f"]},
    ],
)
def test_a_header_that_is_not_valid_is_refused(headers: dict[bytes, list[bytes]]) -> None:
    """A proxy and the server could read different headers out of one request."""
    status, reason = refusal(headers=headers)
    assert status == 400
    assert "header" in reason


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, min_size=1, max_size=2)))
@example({b"Sec-WebSocket-Protocol": [b"\xff, chat"]})
@example({b"Sec-WebSocket-Protocol": [b",,;"]})
@example({b"Sec-WebSocket-Protocol": [b""]})
def test_any_bytes_in_headers_are_refused_or_taken(headers: dict[bytes, list[bytes]]) -> None:
    """A client that sends junk would be left without an answer, and its traceback in the log."""
    request = FakeRequest(headers)
    with contextlib.suppress(HandshakeError):
        assert accept_key(request)


def test_what_a_refusal_shows_of_a_header_is_short() -> None:
    """A client could have the server send back what it likes, at the length it likes."""
    _, reason = refusal(headers={b"Sec-WebSocket-Key": [b"x" * 10_000]})
    assert len(reason) <= MOST_SHOWN + 100
