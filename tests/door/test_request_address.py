from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpRequest

from chat.config.conf import conf
from chat.door import request_address as module
from chat.door import visitor
from chat.door.request_address import request_address

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def set_conf(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change settings for one test."""

    def change(**values: Any) -> None:
        for place in (module, visitor):
            monkeypatch.setattr(place, "conf", replace(conf, **values))

    return change


def request(**meta: str) -> HttpRequest:
    made = HttpRequest()
    made.META.update(meta)
    return made


def test_the_peer_without_a_proxy() -> None:
    """Tries to log in would be counted for nobody, or for whom the header names."""
    asked = request(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert request_address(asked) == "192.0.2.1"


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip"])
def test_the_client_behind_a_proxy(set_conf: Callable[..., None], header: str) -> None:
    """One who guesses passwords would lock out everybody who comes through the same proxy."""
    set_conf(trusted_proxies=(ip_network("10.0.0.0/8"),), proxy_header=header)
    told = {
        "HTTP_X_FORWARDED_FOR": "1.1.1.1" if header == "x-real-ip" else "198.51.100.1",
        "HTTP_X_REAL_IP": "198.51.100.1" if header == "x-real-ip" else "1.1.1.1",
    }
    assert request_address(request(REMOTE_ADDR="10.0.0.1", **told)) == "198.51.100.1"
    assert request_address(request(REMOTE_ADDR="192.0.2.1", **told)) == "192.0.2.1"


def test_a_proxy_that_names_nobody_or_nonsense(set_conf: Callable[..., None]) -> None:
    """The page to log in would answer with a fault."""
    set_conf(trusted_proxies=(ip_network("10.0.0.0/8"),))
    assert request_address(request(REMOTE_ADDR="10.0.0.1")) == "10.0.0.1"
    odd = request(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="\u2603")
    assert request_address(odd) == "10.0.0.1"


def test_no_address_at_all() -> None:
    """Behind a Unix socket the page to log in would answer with a fault."""
    assert request_address(request()) is None
