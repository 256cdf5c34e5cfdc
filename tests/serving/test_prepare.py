from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.servers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PREPARE = "import django; django.setup(); from chat.serving.prepare import prepare; prepare()"
IN_A_LOOP = """
import asyncio, django
django.setup()
from chat.serving.prepare import prepare
async def main(): prepare()
asyncio.run(main())
"""


def _start(var: Path, code: str = PREPARE) -> subprocess.Popen[bytes]:
    env = {**os.environ, "WSCHAT_VAR": str(var)}
    env["DJANGO_SETTINGS_MODULE"] = "wschat_project.settings"
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env)


def _prepare(var: Path, code: str = PREPARE) -> None:
    assert _start(var, code).wait(30) == 0


@pytest.mark.parametrize("code", [PREPARE, IN_A_LOOP], ids=["plain", "in a loop"])
def test_makes_tables_and_static_files(tmp_path: Path, code: str) -> None:
    """A fresh clone would have no admin, or a page without its script."""
    var = tmp_path / "var"
    _prepare(var, code)
    with sqlite3.connect(var / "wschat.sqlite3") as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    assert "auth_user" in tables
    assert (var / "static" / "staticfiles.json").exists()
    assert list((var / "static" / "chat").glob("main.*.js"))


def test_nobody_else_reads_the_data_folder(tmp_path: Path) -> None:
    """Every account of the machine could read who said what, and the key that signs sessions."""
    var = tmp_path / "var"
    var.mkdir(mode=0o755)
    (var / "wschat.sqlite3").touch(0o644)
    _prepare(var)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (var, *var.rglob("*"))}
    assert {modes[path] for path in modes if path.is_file()} == {0o600}
    assert {modes[path] for path in modes if path.is_dir()} == {0o700}


def test_several_that_start_at_once_do_it_once(tmp_path: Path) -> None:
    """Workers that start together would fail on each other's tables and files."""
    started = [_start(tmp_path) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0] * 4
    assert (tmp_path / "static" / "staticfiles.json").exists()


def test_does_nothing_where_nothing_changed(tmp_path: Path) -> None:
    """Every start would take seconds."""
    _prepare(tmp_path)
    manifest = tmp_path / "static" / "staticfiles.json"
    database = tmp_path / "wschat.sqlite3"
    past = time.time() - 1000
    for path in (manifest, database):
        os.utime(path, (past, past))
    _prepare(tmp_path)
    assert manifest.stat().st_mtime == pytest.approx(past)
    assert database.stat().st_mtime == pytest.approx(past)


def test_collects_again_what_changed(tmp_path: Path) -> None:
    """After an update people would get the old page."""
    _prepare(tmp_path)
    manifest = tmp_path / "static" / "staticfiles.json"
    manifest.unlink()
    (tmp_path / "static.stamp").write_text("of another version")
    (tmp_path / "static" / "stale.js").touch()
    _prepare(tmp_path)
    assert manifest.exists()
    assert not (tmp_path / "static" / "stale.js").exists()
