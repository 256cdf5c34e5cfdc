from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest

from chat.config.conf import Conf, conf
from chat.door import visitor
from chat.door.visitor import client_address, read_visitor

if TYPE_CHECKING:
    from collections.abc import Callable

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def scope(peer: str | None, *headers: tuple[str, str], query: bytes = b"") -> dict[str, Any]:
    return {
        "client": None if peer is None else (peer, 1234),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "query_string": query,
    }


@pytest.fixture
def set_conf(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change settings for one test."""

    def change(**values: Any) -> None:
        changed: Conf = replace(conf, **values)
        monkeypatch.setattr(visitor, "conf", changed)

    return change


FORWARDED = "x-forwarded-for"


@pytest.mark.parametrize(
    ("peer", "values", "expected"),
    [
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["nonsense, 10.1.1.1"], "10.1.1.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
    ],
)
def test_forwarded_for(
    set_conf: Callable[..., None], peer: str, values: list[str], expected: str
) -> None:
    """Anybody could take any address, and get others banned or slip past a ban."""
    set_conf(trusted_proxies=PROXIES)
    assert client_address(scope(peer, *((FORWARDED, value) for value in values))) == expected


def test_real_ip(set_conf: Callable[..., None]) -> None:
    """Behind a proxy that passes X-Forwarded-For on unread, what clients write would count."""
    set_conf(trusted_proxies=PROXIES, proxy_header="x-real-ip")
    headers = [(FORWARDED, "1.1.1.1"), ("x-real-ip", "198.51.100.1")]
    assert client_address(scope("10.0.0.1", *headers)) == "198.51.100.1"
    assert client_address(scope("203.0.113.9", *headers)) == "203.0.113.9"


def test_nobody_is_trusted_by_default() -> None:
    """A server without a proxy would believe headers."""
    assert client_address(scope("10.0.0.1", (FORWARDED, "1.1.1.1"))) == "10.0.0.1"


def test_no_peer() -> None:
    """A server on a Unix socket would refuse everybody with an exception."""
    assert client_address(scope(None)) == ""


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (b"history=3", 3),
        (b"history=5", 5),
        (b"history=99", 5),
        (b"history=000000003", 3),
        (b"history=0000000003", 0),
        (b"history=1&history=2", 2),
        (b"x=1&history=2", 2),
        (b"history=-1", 0),
        (b"history=x", 0),
        ("history=\u0663".encode(), 0),
        ("history=²".encode("latin-1"), 0),
        (b"", 0),
    ],
)
def test_history_asked_for(set_conf: Callable[..., None], query: bytes, wanted: int) -> None:
    """A newcomer would get more than the operator offers, or crash the handshake."""
    set_conf(history=5)
    assert read_visitor(scope("192.0.2.1", query=query)).history == wanted


def test_no_history_is_asked_for_where_none_is_offered(set_conf: Callable[..., None]) -> None:
    """A newcomer would cost the server a search for what it does not keep."""
    set_conf(history=0)
    assert read_visitor(scope("192.0.2.1", query=b"history=3")).history == 0


def test_a_scope_without_a_query_asks_for_none(set_conf: Callable[..., None]) -> None:
    """A server that leaves the key out would refuse everybody with an exception."""
    set_conf(history=5)
    assert read_visitor({"client": None, "headers": []}).history == 0


def test_what_a_handshake_says_of_its_client() -> None:
    """The operator's list would show another browser or page, or hang on a header of 16 KiB."""
    visitor = read_visitor(
        scope("192.0.2.1", ("user-agent", "wscat\0/" + "x" * 400), ("origin", "http://a.example"))
    )
    assert visitor.user_agent == "wscat/" + "x" * 293
    assert (visitor.origin, visitor.address) == ("http://a.example", "192.0.2.1")
    silent = read_visitor(scope("192.0.2.1"))
    assert (silent.user_agent, silent.origin) == ("", "")


def test_a_peer_that_is_no_address_is_shown_as_it_is() -> None:
    """Who comes over a Unix socket, as some servers name it, could not be told from others."""
    assert client_address(scope("unix:/run/chat.sock")) == "unix:/run/chat.sock"


def test_a_header_of_another_name_is_nobody_s_word(set_conf: Callable[..., None]) -> None:
    """Any header with an address in it would make its sender somebody else."""
    set_conf(trusted_proxies=PROXIES)
    assert client_address(scope("10.0.0.1", ("x-other", "1.1.1.1"))) == "10.0.0.1"
