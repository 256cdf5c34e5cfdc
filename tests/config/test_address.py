from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.config import address as module
from chat.config.address import Address, AddressError, BindError, bind, parse_address, resolve

needs_ipv6 = pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000),
        ("localhost:8000", "localhost", 8000),
        ("[::1]:8000", "::1", 8000),
        (":8000", "", 8000),
        ("0.0.0.0:0", "0.0.0.0", 0),
        ("a-b.example:65535", "a-b.example", 65535),
    ],
)
def test_reads_every_form(text: str, host: str, port: int) -> None:
    """One of the forms that the help names would not work."""
    address = parse_address(text)
    assert address == Address(host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "8000",
        "localhost",
        "localhost:",
        "localhost:-1",
        "localhost:+1",
        "localhost:65536",
        "localhost:000080",
        "localhost:8 0",
        "localhost:٨٠",
        "localhost:http",
        "localhost:80\n",
        "::1:8000",
        "[::1]8000",
        "[]:80",
        "[[::1]]:80",
        "[::1:80",
        "http://localhost:80",
    ],
)
def test_refuses_everything_else(text: str) -> None:
    """A mistyped address would be listened on as something else."""
    with pytest.raises(AddressError, match="expected"):
        parse_address(text)


@given(st.text())
def test_takes_any_text_without_another_exception(text: str) -> None:
    """Some argument would end in a traceback."""
    try:
        address = parse_address(text)
    except AddressError:
        return
    assert 0 <= address.port <= 65535


@pytest.mark.parametrize(
    ("text", "everywhere", "visible"),
    [
        (":80", True, "localhost"),
        ("0.0.0.0:80", True, "localhost"),
        ("[::]:80", True, "localhost"),
        ("127.0.0.1:80", False, "127.0.0.1"),
        ("[::1]:80", False, "[::1]"),
        ("chat.example:80", False, "chat.example"),
    ],
)
def test_knows_what_a_browser_can_open(text: str, everywhere: bool, visible: str) -> None:
    """The line with the page's URL would lead nowhere."""
    address = parse_address(text)
    assert address.is_everywhere is everywhere
    assert address.visible_host == visible


@pytest.mark.parametrize("host", ["host.invalid", "x" * 300, "a..b", "\udcff", "no such host"])
def test_a_host_that_does_not_resolve(host: str) -> None:
    """A misspelt host would end in a traceback."""
    with pytest.raises(AddressError, match="does not resolve"):
        resolve(Address(host, 0))


def _families(listeners: list[socket.socket]) -> list[socket.AddressFamily]:
    families = [listener.family for listener in listeners]
    for listener in listeners:
        listener.close()
    return families


def test_port_0_is_the_same_port_for_all_addresses_of_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`localhost:0` would be two ports, of which one is printed."""
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    listeners = bind(Address("localhost", 0))
    names = [listener.getsockname() for listener in listeners]
    assert _families(listeners) == [socket.AF_INET] * 2
    assert [name[0] for name in names] == ["127.0.0.1", "127.0.0.2"]
    assert names[0][1] == names[1][1] != 0


def test_a_taken_port_is_named_and_nothing_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who starts it twice would not learn which address is taken."""
    with socket.create_server(("127.0.0.2", 0)) as other:
        port = other.getsockname()[1]
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(BindError, match=f"cannot listen on somewhere:{port}"):
            bind(Address("somewhere", port))
    with socket.create_server(("127.0.0.1", port)):
        pass


@needs_ipv6
def test_all_interfaces_are_those_of_ipv4_too() -> None:
    """`:8000` would be reached by IPv6 alone."""
    listeners = bind(Address("", 0))
    port = listeners[0].getsockname()[1]
    for host in ("127.0.0.1", "::1"):
        socket.create_connection((host, port), 5).close()
    assert _families(listeners) == [socket.AF_INET6]


def test_works_where_the_kernel_has_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """In some containers the server would not start, or end in a traceback."""
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    assert _families(bind(Address("", 0))) == [socket.AF_INET]
    assert _families(bind(Address("localhost", 0))) == [socket.AF_INET]
    with pytest.raises(AddressError, match="no address"):
        bind(Address("::1", 0))


@pytest.mark.processes
def test_imports_nothing_that_has_to_be_installed() -> None:
    """`./wschat` could not read its argument before the first install."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    code = "import sys; sys.path[:0] = ['.']; import chat.config.address"
    subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=module.__file__.rsplit("/", 3)[0],
        check=True,
    )
