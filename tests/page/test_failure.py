from __future__ import annotations

import asyncio
import shutil
import urllib.error
import urllib.request

from tests.servers import RunningServer


def ask(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def test_pages_without_the_database() -> None:
    """Visitors would get an error for what the room does not need, operators a bare 500."""
    with RunningServer() as server:
        for file in server.var.glob("wschat.sqlite3*"):
            shutil.move(file, server.var / f"kept-{file.name}")
        for _ in range(20):
            assert (await asyncio.to_thread(ask, server.url))[0] == 200
        cookie = "wschat_session=abcdefghijklmnopqrstuvwxyz012345"
        status, content = await asyncio.to_thread(ask, f"{server.url}admin/", cookie=cookie)
        assert status == 503
        assert "database does not answer" in content
        assert "Traceback" not in server.log, server.log[-1500:]


async def test_a_foreign_host_is_one_line() -> None:
    """Scanners would fill the log, and wake somebody by its ERRORs."""
    with RunningServer() as server:
        before = server.log.count("\n")
        assert (await asyncio.to_thread(ask, server.url, host="evil.example"))[0] == 400
        await asyncio.sleep(0.2)
        lines = server.log.splitlines()[before:]
        assert len(lines) == 1, lines
        assert "WARNING" in lines[0]
        assert "evil.example" in lines[0]
