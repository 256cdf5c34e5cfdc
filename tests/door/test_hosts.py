from __future__ import annotations

from typing import Any

import pytest

from chat.door.hosts import is_served


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("chat.example.org", True),
        ("Chat.Example.Org:8000", True),
        ("evil.example", False),
        ("chat.example.org.evil.example", False),
        ("chat.example.org@evil.example", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_only_a_host_that_pages_answer_to(settings: Any, host: str, served: bool) -> None:
    """A foreign name that leads here would be let in, or the own one kept out."""
    settings.ALLOWED_HOSTS = ["chat.example.org"]
    assert is_served([(b"host", host.encode())]) is served


def test_no_host_at_all(settings: Any) -> None:
    """A client without the header would be a fault."""
    settings.ALLOWED_HOSTS = ["chat.example.org"]
    assert not is_served([])


@pytest.mark.parametrize("host", ["localhost:8000", "a.localhost", "127.0.0.1:8000", "[::1]:8000"])
def test_the_own_machine_where_one_develops(settings: Any, host: str) -> None:
    """With DEBUG and nothing set, nobody could try the chat; without DEBUG, any name could."""
    settings.ALLOWED_HOSTS = []
    settings.DEBUG = True
    assert is_served([(b"host", host.encode())])
    assert not is_served([(b"host", b"evil.example")])
    settings.DEBUG = False
    assert not is_served([(b"host", host.encode())])
