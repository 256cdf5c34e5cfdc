from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from typing import TYPE_CHECKING, Final

import pytest

from tests.commands import run_python

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

IN_A_LOOP: Final = """
import asyncio, django
django.setup()
from chat.serving.prepare import prepare
async def main(): prepare()
asyncio.run(main())
"""
FOUR_AT_ONCE: Final = """
import os, sys, django
django.setup()
from chat.serving.prepare import prepare
started = []
for _ in range(4):
    if not (pid := os.fork()):
        prepare()
        os._exit(0)  # a failure ends with another code
    started.append(pid)
sys.exit(any(os.waitpid(pid, 0)[1] for pid in started))
"""


def prepare(var: Path, code: str = IN_A_LOOP) -> None:
    """Prepare a data folder, in a process of its own."""
    settings = "wschat_project.settings"
    ended = run_python("-c", code, WSCHAT_VAR=str(var), DJANGO_SETTINGS_MODULE=settings)
    assert ended.code == 0, ended.err


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare a folder that others may read; no test may change it."""
    var = tmp_path_factory.mktemp("prepared") / "var"
    var.mkdir(mode=0o755)
    (var / "wschat.sqlite3").touch(0o644)
    prepare(var)
    return var


@pytest.fixture
def var(prepared: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return shutil.copytree(prepared, tmp_path / "var")


def test_makes_tables_and_static_files(prepared: Path) -> None:
    """A fresh clone would have no admin, or a page without its script."""
    with sqlite3.connect(prepared / "wschat.sqlite3") as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    assert "auth_user" in tables
    assert (prepared / "static" / "staticfiles.json").exists()
    assert list((prepared / "static" / "chat").glob("main.*.js"))


def test_nobody_else_reads_the_data_folder(prepared: Path) -> None:
    """Every account of the machine could read who said what, and the key that signs sessions."""
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (prepared, *prepared.rglob("*"))}
    assert {modes[path] for path in modes if path.is_file()} == {0o600}
    assert {modes[path] for path in modes if path.is_dir()} == {0o700}


def test_several_that_start_at_once_do_it_once(tmp_path: Path) -> None:
    """Workers that start together would fail on each other's tables and files."""
    prepare(tmp_path, FOUR_AT_ONCE)
    assert (tmp_path / "static" / "staticfiles.json").exists()


def test_does_nothing_where_nothing_changed(var: Path) -> None:
    """Every start would take seconds."""
    manifest = var / "static" / "staticfiles.json"
    database = var / "wschat.sqlite3"
    past = time.time() - 1000
    for path in (manifest, database):
        os.utime(path, (past, past))
    prepare(var)
    assert manifest.stat().st_mtime == pytest.approx(past)
    assert database.stat().st_mtime == pytest.approx(past)


def test_collects_again_what_changed(var: Path) -> None:
    """After an update people would get the old page."""
    manifest = var / "static" / "staticfiles.json"
    manifest.unlink()
    (var / "static.stamp").write_text("of another version")
    (var / "static" / "stale.js").touch()
    prepare(var)
    assert manifest.exists()
    assert not (var / "static" / "stale.js").exists()
