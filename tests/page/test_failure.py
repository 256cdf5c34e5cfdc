from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.servers import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes


def ask(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def own_server() -> Iterator[RunningServer]:
    """Run a server whose log nobody else writes to."""
    with RunningServer() as server:
        yield server
        assert "Traceback" not in server.log, server.log[-1500:]


def test_pages_without_the_database(own_server: RunningServer) -> None:
    """Visitors would get an error for what the room does not need, operators a bare 500."""
    taken = list(own_server.var.glob("wschat.sqlite3*"))
    for file in taken:
        file.rename(file.with_name(f"kept-{file.name}"))
    try:
        for _ in range(20):
            assert ask(own_server.url)[0] == 200
        cookie = "wschat_session=abcdefghijklmnopqrstuvwxyz012345"
        status, content = ask(f"{own_server.url}admin/", cookie=cookie)
    finally:
        for file in taken:
            file.with_name(f"kept-{file.name}").rename(file)
    assert status == 503
    assert "database does not answer" in content


def test_a_foreign_host_is_one_line(own_server: RunningServer) -> None:
    """Scanners would fill the log, and wake somebody by its ERRORs."""
    for host in ("evil.example", "last.example"):
        assert ask(own_server.url, host=host)[0] == 400
    lines = own_server.log.splitlines()
    [evil] = [number for number, line in enumerate(lines) if "evil.example" in line]
    assert "WARNING" in lines[evil]
    assert "last.example" in lines[evil + 1], lines[evil:]
