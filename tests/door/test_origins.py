from __future__ import annotations

import pytest

from chat.door.origins import is_allowed

HOST = (b"host", b"chat.example:8000")


@pytest.mark.parametrize("origin", [None, "http://anywhere.example", "null", "not an origin"])
def test_anybody_may_where_nothing_is_set(origin: str | None) -> None:
    """Pages of other servers, and clients that send no origin, could not join."""
    headers = [HOST] if origin is None else [HOST, (b"origin", origin.encode())]
    assert is_allowed(headers, (), is_https=False)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://good.example", True),
        ("HTTPS://Good.Example", True),
        ("https://good.example/", True),
        ("http://good.example", False),
        ("https://good.example:8443", False),
        ("https://good.example.evil.example", False),
        ("https://good.examplex", False),
        ("https://sub.good.example", False),
        ("null", False),
        ("http://chat.example:8000", True),
        ("https://chat.example:8000", True),
        ("http://chat.example", False),
        ("http://chat.example:8000@evil.example", False),
        ("http://evil.example/chat.example:8000", False),
        ("chat.example:8000", False),
        ("http://[broken", False),
    ],
)
def test_narrowed_to_a_list_and_the_server_s_own_page(origin: str, allowed: bool) -> None:
    """The setting that keeps foreign pages out would not, or keep the own page out."""
    headers = [HOST, (b"origin", origin.encode())]
    assert is_allowed(headers, ("https://good.example",), is_https=False) is allowed


def test_no_origin_may_where_it_is_narrowed() -> None:
    """Command-line clients, against which an origin protects nobody, could not join."""
    assert is_allowed([HOST], ("https://good.example",), is_https=True)


def test_an_origin_without_a_host_is_compared_to_nothing() -> None:
    """A request without a Host header would pass for the own page."""
    for origin in (b"null", b"http://"):
        assert not is_allowed([(b"origin", origin)], ("https://good.example",), is_https=False)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://chat.example:8000", True),
        ("http://chat.example:8000", False),
        ("http://good.example", False),
    ],
)
def test_the_own_page_comes_by_https(origin: str, allowed: bool) -> None:
    """Who writes the pages of somebody else's line could join in its name."""
    headers = [HOST, (b"origin", origin.encode())]
    assert is_allowed(headers, ("https://good.example",), is_https=True) is allowed
