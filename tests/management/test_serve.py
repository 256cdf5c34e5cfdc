"""`manage.py serve`: every address, right and wrong, and what it prints."""

from __future__ import annotations

import re
import socket
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Final

import pytest

from chat.config.conf import Conf
from chat.management.commands import serve
from tests.certificates import issue
from tests.clients import Visitors
from tests.commands import run_python
from tests.servers import RunningServer, ServerError, Way
from wschat_project.__main__ import manage

if TYPE_CHECKING:
    from pathlib import Path

Capsys = pytest.CaptureFixture[str]
HAS_IPV6 = socket.has_dualstack_ipv6()


def _addresses_of(host: str) -> list[str]:
    """Return the addresses of this machine that a name stands for."""
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, 0)}
    return sorted(address for address in found if HAS_IPV6 or ":" not in address)


def end_of(*arguments: str) -> str | int | None:
    """Run the command in this process, which it does not serve; return what it exits with."""
    with pytest.raises(SystemExit) as ended:
        manage(["manage.py", "serve", *arguments])
    return ended.value.code


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("127.0.0.1",),
        ("127.0.0.1:http",),
        ("127.0.0.1:65536",),
        ("host.invalid:0",),
    ],
)
def test_refuses_what_is_no_address(capsys: Capsys, arguments: tuple[str, ...]) -> None:
    """Somebody who mistypes would see a traceback instead of what to type."""
    assert end_of(*arguments) == 2
    printed = capsys.readouterr()
    assert "usage:" in printed.err
    assert printed.out == ""


def test_says_that_the_port_is_taken() -> None:
    """Somebody who starts it twice would not learn why the second one does not run."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        assert end_of(address) == f"cannot listen on {address}: Address already in use"


def test_says_that_the_address_is_not_to_be_had() -> None:
    """Somebody who gives another machine's address would see a traceback."""
    why = end_of("192.0.2.1:8000")
    assert why == "cannot listen on 192.0.2.1:8000: Cannot assign requested address"


def test_debug_pages_are_not_for_the_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody on the net would read settings and code."""
    monkeypatch.setattr(serve, "conf", Conf(debug=True))
    monkeypatch.setattr(serve, "bind", lambda _: [])
    assert end_of(":8000") == "WSCHAT_DEBUG: on while :8000 is served, which shows all to anybody"


def test_help_explains_the_argument(capsys: Capsys) -> None:
    """Nobody could find out what the argument is."""
    assert end_of("--help") == 0
    printed = capsys.readouterr().out
    assert "ADDRESS" in printed
    assert "HOST:PORT" in printed


@pytest.mark.processes
def test_says_that_the_data_folder_cannot_be_used(tmp_path: Path) -> None:
    """Somebody with a wrong WSCHAT_VAR would see a traceback."""
    file = tmp_path / "file"
    file.touch()
    ended = run_python("manage.py", "serve", "127.0.0.1:0", WSCHAT_VAR=str(file))
    assert (ended.code, ended.out) == (1, "")
    [line] = ended.err.splitlines()
    assert line.startswith("WSCHAT_VAR: ")
    assert str(file) in line


# The second look at the files finds what the first one did not.
REPLACED: Final = """
import sys
from chat.config.certificate import CertificateError
from wschat_project.__main__ import manage

def read_again(*_):
    raise CertificateError("WSCHAT_TLS_KEY: half a key")

import chat.transport.tls
chat.transport.tls.read_certificate = read_again
manage(sys.argv)
"""


class Replaced(RunningServer):
    """A server that finds another certificate than when its settings were checked."""

    @property
    def command(self) -> list[str]:
        """The command line."""
        return [sys.executable, "-c", REPLACED, "serve", "127.0.0.1:0"]


@pytest.mark.processes
def test_says_that_the_key_was_replaced_while_it_started(tmp_path: Path) -> None:
    """Half of a renewal would be a page of traceback in the journal."""
    with (
        pytest.raises(ServerError, match=r"^ended with 1\nWSCHAT_TLS_KEY: half a key\n$"),
        Replaced(issued=issue(tmp_path)),
    ):
        pass


@pytest.mark.parametrize(
    ("host", "shown", "reached_by"),
    [
        ("localhost", "localhost", _addresses_of("localhost")),
        ("", "localhost", ["127.0.0.1", *["::1"] * HAS_IPV6]),
        ("0.0.0.0", "localhost", ["127.0.0.1"]),
        pytest.param(
            "::1", r"\[::1\]", ["::1"], marks=pytest.mark.skipif(not HAS_IPV6, reason="no IPv6")
        ),
    ],
)
@pytest.mark.processes
async def test_listens_where_it_is_told(host: str, shown: str, reached_by: list[str]) -> None:
    """One way to write an address would not work, reach fewer than it says, or answer to nobody.

    Of those on all interfaces, one has no setting for the names that its pages answer to.
    """
    named = {"WSCHAT_ALLOWED_HOSTS": "chat.example,127.0.0.1"} if host == "0.0.0.0" else {}
    with RunningServer(Way.SERVE, host=host, env=named) as server:
        assert re.search(rf"^page    http://{shown}:{server.port}/$", server.log, re.MULTILINE)
        for address in reached_by:
            server.host = address
            async with Visitors(server) as visitors:
                await visitors.join()
            assert server.get("/") == 200
        assert ("WSCHAT_ALLOWED_HOSTS" in server.log) == (host == "")
        assert server.get("/", host="any.example") == (200 if host == "" else 400)
        assert server.get("/", host="chat.example") == (200 if host in {"", "0.0.0.0"} else 400)


def test_pages_answer_to_the_host_served_alone(server: RunningServer) -> None:
    """A page of another name that points here (DNS rebinding) could read the pages."""
    for host in ("127.0.0.1", f"127.0.0.1:{server.port}", "localhost:80", "[::1]:80"):
        assert server.get("/", host=host) == 200
    assert server.get("/", host="evil.example") == 400


def test_debug_is_off(server: RunningServer) -> None:
    """Strangers would see settings and source on an error page."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(server.url + "nowhere")
    with caught.value:
        assert b"URLconf" not in caught.value.read()
        assert caught.value.code == 404


@pytest.mark.processes
def test_first_start_and_restart(tmp_path: Path) -> None:
    """A first start would fail, leave the key for others to read, or not tell where to go.

    By a restart at the port that it is given everybody would be logged out.
    """
    var = tmp_path / "deep" / "var"
    with RunningServer(Way.SERVE, env={"WSCHAT_VAR": str(var)}) as server:
        lines = [
            f"page    http://127.0.0.1:{server.port}/",
            f"socket  ws://127.0.0.1:{server.port}/",
        ]
        assert server.port != 0
        assert server.log.splitlines() == lines
        assert server.get("/admin/login/") == 200
        assert (var / "secret_key").stat().st_mode & 0o777 == 0o600
        assert (var / "wschat.sqlite3").exists()
        key = (var / "secret_key").read_text()
        server.stop()
        server.start()
        assert server.log.splitlines() == lines * 2
        assert (var / "secret_key").read_text() == key
