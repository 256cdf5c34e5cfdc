from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from chat.config.conf import Conf
from chat.door.door import Door
from chat.door.handshake import Denial, deny
from chat.door.visitor import Visitor

ANNA = Visitor(address="192.0.2.1")
BERT = Visitor(address="192.0.2.2")
HOST = (b"host", b"chat.example.org")


@pytest.fixture(autouse=True)
def host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.org"]


def ask(
    door: Door, conf: Conf, *headers: tuple[bytes, bytes], visitor: Visitor = ANNA
) -> Denial | None:
    """Return the door's answer to a handshake."""
    return deny(door, conf, iter(headers), visitor)


def test_lets_in_by_default() -> None:
    """A server without limits would refuse people."""
    conf = Conf()
    door = Door(conf)
    for _ in range(100):
        assert ask(door, conf, HOST, (b"origin", b"https://elsewhere.example")) is None
    assert (door.refused, door.would_refuse) == ({}, {})


@pytest.mark.parametrize("headers", [[], [(b"host", b"evil.example")], [(b"host", b"")]])
def test_a_foreign_host(headers: list[tuple[bytes, bytes]]) -> None:
    """A page whose name has come to lead here would join (DNS rebinding), uncounted."""
    conf = Conf()
    door = Door(conf)
    assert ask(door, conf, *headers) == Denial(
        HTTPStatus.BAD_REQUEST, "this Host is not in WSCHAT_ALLOWED_HOSTS"
    )
    assert door.refused == {"host": 1}


def test_a_foreign_origin() -> None:
    """Any page could join in its visitor's name, uncounted."""
    conf = replace(Conf(), allowed_origins=("https://chat.example",))
    door = Door(conf)
    evil, allowed = (b"origin", b"https://evil.example"), (b"origin", b"https://chat.example")
    assert ask(door, conf, HOST, evil) == Denial(
        HTTPStatus.FORBIDDEN, "this Origin is not in WSCHAT_ALLOWED_ORIGINS"
    )
    assert ask(door, conf, HOST, allowed) is None
    assert ask(door, conf, HOST) is None
    assert door.refused == {"origin": 1}


def test_an_own_page_that_came_without_https() -> None:
    """Whoever is on the way could write a page that joins, where people come by HTTPS."""
    conf = replace(Conf(), allowed_origins=("https://chat.example",), https=True)
    door = Door(conf)
    denial = ask(door, conf, HOST, (b"origin", b"http://chat.example.org"))
    assert denial is not None
    assert denial.status is HTTPStatus.FORBIDDEN
    assert ask(door, conf, HOST, (b"origin", b"https://chat.example.org")) is None


def test_too_many_connections_a_minute() -> None:
    """A client that reconnects in a loop would keep the server busy, or not learn why it fails."""
    conf = replace(Conf(), connects_per_minute=2)
    door = Door(conf)
    assert [ask(door, conf, HOST) for _ in range(3)] == [
        None,
        None,
        Denial(HTTPStatus.TOO_MANY_REQUESTS, "more than 2 connections a minute, try later"),
    ]
    assert ask(door, conf, HOST, visitor=BERT) is None
    assert door.refused == {"connects": 1}


def test_a_dry_run_only_counts() -> None:
    """An operator who tries a limit would lock people out."""
    conf = replace(Conf(), connects_per_minute=1, dry_run=("connects",))
    door = Door(conf)
    assert [ask(door, conf, HOST) for _ in range(3)] == [None] * 3
    assert (door.refused, door.would_refuse) == ({}, {"connects": 2})


def test_what_is_refused_for_its_host_costs_no_connection() -> None:
    """A foreign page could lock its visitor out of the room by trying again and again."""
    conf = replace(Conf(), connects_per_minute=1, allowed_origins=("https://chat.example",))
    door = Door(conf)
    for _ in range(5):
        ask(door, conf, (b"host", b"evil.example"))
        ask(door, conf, HOST, (b"origin", b"https://evil.example"))
    assert ask(door, conf, HOST) is None
    assert door.refused == {"host": 5, "origin": 5}
