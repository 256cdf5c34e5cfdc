from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.page.test_failure import ask
from tests.postgres import postgres
from tests.servers import ROOT, RunningServer

pytestmark = pytest.mark.processes

AT_ONCE = 200


def make_tables(options: dict[str, str]) -> None:
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, check=True, cwd=ROOT, env={**os.environ, **options})


def test_pages_after_a_restart_of_the_database() -> None:
    """Everybody would be told that the database does not answer, once for each old connection."""
    with postgres() as url:
        options = {"DATABASE_URL": url, "WSCHAT_SECRET_KEY": "for this test only, not for others"}
        make_tables(options)
        with RunningServer(env=options) as server, psycopg.connect(url, autocommit=True) as other:
            for _ in range(3):
                assert server.get("/admin/login/") == 200
                other.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid()"
                )
                cookie = "wschat_session=abcdefghijklmnopqrstuvwxyz012345"
                assert ask(f"{server.url}admin/", cookie=cookie)[0] == 200
            assert "Traceback" not in server.log, server.log[-1500:]


async def test_many_at_once_share_few_connections() -> None:
    """Two hundred people at once would use up PostgreSQL's connections, and all get an error."""
    with postgres() as url:
        options = {"DATABASE_URL": url, "WSCHAT_SECRET_KEY": "for this test only, not for others"}
        make_tables(options)
        with RunningServer(env=options) as server:
            cookie = "wschat_session=abcdefghijklmnopqrstuvwxyz012345"

            async def look(path: str) -> int:
                return (await asyncio.to_thread(ask, f"{server.url}{path}", cookie=cookie))[0]

            loop = asyncio.get_running_loop()
            loop.set_default_executor(ThreadPoolExecutor(AT_ONCE))
            for path in ("", "admin/"):
                found = Counter(await asyncio.gather(*(look(path) for _ in range(AT_ONCE))))
                assert found == {200: AT_ONCE}, f"/{path}: {server.log[-500:]}"
            assert "Traceback" not in server.log, server.log[-1500:]
            assert "too many" not in server.log
