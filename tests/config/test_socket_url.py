from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from chat.config.socket_url import origins, validate_socket_url


@pytest.mark.parametrize(
    ("url", "ws", "http"),
    [
        ("ws://localhost:8000/", "ws://localhost:8000", "http://localhost:8000"),
        ("wss://Chat.example/room?x=1", "wss://chat.example", "https://chat.example"),
        ("ws://10.0.0.1", "ws://10.0.0.1", "http://10.0.0.1"),
        ("ws://go:1234", "ws://go:1234", "http://go:1234"),
    ],
)
def test_addresses_that_can_be_joined(url: str, ws: str, http: str) -> None:
    """A good address could not be listed, or the page's policy would block it."""
    validate_socket_url(url)
    assert origins(url) == (ws, http)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "http://localhost/",
        "ws://",
        "ws:///path",
        "ws://user@host/",
        "ws://host:99999/",
        "ws://host:0/",
        "ws://[::1]:8000/",
        "ws://ho st/",
        "ws://host/#part",
        "ws://host; script-src *",
        "ws://host,other/",
        "ws://höst/",
        "ws://*/",
        "ws://host/\n",
    ],
)
def test_addresses_that_cannot(url: str) -> None:
    """An odd address would break the page's policy for everybody, or let in what it should not."""
    with pytest.raises(ValidationError):
        validate_socket_url(url)
