"""Every way to write where a server is, for both tools."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.server import unix_serve

from tests.certificates import issue
from tests.wschat_tools.load.rooms import Room, open_room
from wschat_tools.conformance import CHECKS, GoneError, Runner, Status
from wschat_tools.load import BadAddressError, LoadError, parse_address
from wschat_tools.loadtest import Plan, Run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.certificates import Issued
    from wschat_tools.load import Address

NAMES = ("chat-reaches-all", "leave-by-fin", "leave-by-reset", "storm", "fragments")


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """Return a certificate for 127.0.0.1."""
    return issue(tmp_path_factory.mktemp("tls"))


def serving(issued: Issued) -> ssl.SSLContext:
    """Return what a server needs to be that of the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    return context


async def check_both_tools(address: Address) -> None:
    """See that the load test and the checks work there."""
    report = await Run(address, Plan(connections=8, mpc=30, size=3000, patience=10)).run()
    assert report.shortcomings == []
    outcomes = await Runner(address, 5).run([CHECKS[name] for name in NAMES])
    assert [outcome.status for outcome in outcomes] == [Status.PASS] * len(NAMES), outcomes


@pytest.mark.parametrize("insecure", [False, True])
async def test_tls(issued: Issued, insecure: bool) -> None:
    """A server behind a certificate could neither be loaded nor checked."""
    ca = None if insecure else issued.certificate
    async with open_room(Room(), serving(issued)) as url:
        await check_both_tools(parse_address(url.replace("ws:", "wss:"), ca=ca, insecure=insecure))


async def test_a_certificate_that_nobody_trusts(issued: Issued) -> None:
    """Somebody who speaks with another than the server would not learn it, or see a traceback."""
    async with open_room(Room(), serving(issued)) as url:
        address = parse_address(url.replace("ws:", "wss:"))
        with pytest.raises(LoadError, match="self-signed certificate"):
            await Run(address, Plan(patience=5)).run()
        with pytest.raises(GoneError, match="self-signed certificate"):
            await Runner(address, 5).knock()


async def test_tls_where_there_is_none() -> None:
    """Somebody who writes an s too many would see a traceback, or wait for ever."""
    async with open_room(Room()) as url:
        address = parse_address(url.replace("ws:", "wss:"), insecure=True)
        with pytest.raises(LoadError, match=r"^wss:.*: no connection: "):
            await Run(address, Plan(patience=2)).run()
        with pytest.raises(GoneError, match="wss:"):
            await Runner(address, 2).knock()


async def test_a_socket_in_the_file_system(tmp_path: Path) -> None:
    """A server behind a proxy of its own machine could only be reached through that."""
    room, path = Room(), tmp_path / "chat.sock"
    async with unix_serve(room.serve_member, str(path), compression=None):
        address = parse_address(f"unix://{path}")
        assert str(address) == f"unix://{path}"
        await check_both_tools(address)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ws://127.0.0.1:8000", "ws://127.0.0.1:8000/"),
        ("ws://[::1]:8000/room", "ws://[::1]:8000/room"),
        ("ws://127.0.0.1/a?b=c", "ws://127.0.0.1:80/a?b=c"),
        ("wss://127.0.0.1", "wss://127.0.0.1:443/"),
        ("unix:///run/chat.sock", "unix:///run/chat.sock"),
    ],
)
def test_forms(url: str, shown: str) -> None:
    """A path, a port or an IPv6 address would be lost."""
    assert str(parse_address(url)) == shown


@pytest.mark.parametrize(
    "url", ["127.0.0.1:80", "http://127.0.0.1/", "ws://", "ws://h:0", "ws://h:99999", "unix://x/y"]
)
def test_what_is_no_address(url: str) -> None:
    """Somebody who mistypes would see a traceback, or load something else."""
    with pytest.raises(BadAddressError, match="expected ws://HOST:PORT/"):
        parse_address(url)
