"""`manage.py serve`: every address, right and wrong, and what it prints."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.certificates import issue
from tests.clients import Visitors
from tests.servers import ROOT, RunningServer, Way, free_port

if TYPE_CHECKING:
    from pathlib import Path

HAS_IPV6 = socket.has_dualstack_ipv6()


def _addresses_of(host: str) -> list[str]:
    """Return the addresses of this machine that a name stands for."""
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, 0)}
    return sorted(address for address in found if HAS_IPV6 or ":" not in address)


def serve(var: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command until it ends by itself."""
    return subprocess.run(
        [sys.executable, "manage.py", "serve", *arguments],
        cwd=ROOT,
        env={**os.environ, "WSCHAT_VAR": str(var), **env},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


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
def test_refuses_what_is_no_address(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Somebody who mistypes would see a traceback instead of what to type."""
    ended = serve(tmp_path, *arguments)
    assert ended.returncode == 2
    assert "usage:" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_says_that_the_port_is_taken(tmp_path: Path) -> None:
    """Somebody who starts it twice would not learn why the second one does not run."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        ended = serve(tmp_path, address)
    assert ended.returncode == 1
    assert ended.stderr == f"cannot listen on {address}: Address already in use\n"


def test_says_that_the_address_is_not_to_be_had(tmp_path: Path) -> None:
    """Somebody who gives another machine's address would see a traceback."""
    ended = serve(tmp_path, "192.0.2.1:8000")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "192.0.2.1:8000" in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WSCHAT_BACKLOG_BYTES", "many"),
        ("WSCHAT_MESSAGE_BYTES", "1"),
        ("WSCHAT_STALL_SECONDS", "nan"),
        ("WSCHAT_DEBUG", "ture"),
        ("WSCHAT_LOG_LEVEL", "LOUD"),
    ],
)
def test_names_a_setting_that_cannot_be_used(tmp_path: Path, name: str, value: str) -> None:
    """A mistyped setting would be ignored, or end in a traceback."""
    ended = serve(tmp_path, "127.0.0.1:0", **{name: value})
    assert ended.returncode == 1
    assert name in ended.stderr
    assert value in ended.stderr
    assert "Traceback" not in ended.stderr


def test_says_that_the_data_folder_cannot_be_used(tmp_path: Path) -> None:
    """Somebody with a wrong WSCHAT_VAR would see a traceback."""
    file = tmp_path / "file"
    file.touch()
    ended = serve(file, "127.0.0.1:0")
    assert ended.returncode == 1
    assert str(file) in ended.stderr
    assert "Traceback" not in ended.stderr


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


def test_says_that_the_key_was_replaced_while_it_started(tmp_path: Path) -> None:
    """Half of a renewal would be a page of traceback in the journal."""
    issued = issue(tmp_path / "tls")
    ended = subprocess.run(
        [sys.executable, "-c", REPLACED, "serve", "127.0.0.1:0"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONDEVMODE": "",
            "WSCHAT_VAR": str(tmp_path / "var"),
            **issued.settings,
        },
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1:] == ["WSCHAT_TLS_KEY: half a key"]
    assert "Traceback" not in ended.stderr


def test_help_explains_the_argument(tmp_path: Path) -> None:
    """Nobody could find out what the argument is."""
    ended = serve(tmp_path, "--help")
    assert ended.returncode == 0
    assert "ADDRESS" in ended.stdout
    assert "HOST:PORT" in ended.stdout


def test_prints_one_line_for_the_page_and_one_for_the_socket() -> None:
    """Nobody would know where to go, least of all with port 0."""
    with RunningServer(Way.SERVE) as server:
        assert server.log == (
            f"page    http://127.0.0.1:{server.port}/\nsocket  ws://127.0.0.1:{server.port}/\n"
        )
        assert server.port != 0


def test_takes_the_port_it_is_given() -> None:
    """A page's or a proxy's settings would not fit."""
    with RunningServer(Way.SERVE) as server:
        server.stop()
        port = free_port()
        server.start(port)
        assert server.port == port


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
async def test_listens_where_it_is_told(host: str, shown: str, reached_by: list[str]) -> None:
    """One way to write an address would not work, or reach fewer than it says."""
    with RunningServer(Way.SERVE, host=host) as server:
        assert re.search(rf"^page    http://{shown}:{server.port}/$", server.log, re.MULTILINE)
        for address in reached_by:
            server.host = address
            async with Visitors(server) as visitors:
                await visitors.join()
            assert server.get("/") == 200


def test_pages_answer_to_the_host_served_alone() -> None:
    """A page of another name that points here (DNS rebinding) could read the pages."""
    with RunningServer(Way.SERVE) as server:
        for host in ("127.0.0.1", f"127.0.0.1:{server.port}", "localhost:80", "[::1]:80"):
            assert server.get("/", host=host) == 200
        assert server.get("/", host="evil.example") == 400


def test_all_interfaces_answer_to_any_host_and_say_so() -> None:
    """A server for a whole network would answer to nobody, or to all without a word."""
    with RunningServer(Way.SERVE, host="") as server:
        assert server.get("/", host="any.example") == 200
        assert "WSCHAT_ALLOWED_HOSTS" in server.log


def test_the_setting_says_who_may_ask() -> None:
    """The line that says how to narrow it would be wrong."""
    env = {"WSCHAT_ALLOWED_HOSTS": "chat.example,localhost"}
    with RunningServer(Way.SERVE, host="", env=env) as server:
        assert server.get("/", host="chat.example") == 200
        assert server.get("/", host="any.example") == 400
        assert "WSCHAT_ALLOWED_HOSTS" not in server.log


def test_debug_is_off() -> None:
    """Strangers would see settings and source on an error page."""
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    with RunningServer(Way.SERVE) as server, pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(server.url + "nowhere")
    with caught.value:
        assert b"URLconf" not in caught.value.read()
        assert caught.value.code == 404


def test_makes_the_data_folder(tmp_path: Path) -> None:
    """A first start would fail, or leave the key for others to read."""
    var = tmp_path / "deep" / "var"
    with RunningServer(Way.SERVE, env={"WSCHAT_VAR": str(var)}) as server:
        assert server.get("/admin/login/") == 200
        assert (var / "secret_key").stat().st_mode & 0o777 == 0o600
        assert (var / "wschat.sqlite3").exists()
        key = (var / "secret_key").read_text()
        server.stop()
        server.start()
        assert (var / "secret_key").read_text() == key
