"""What has to be there before the first request: tables, and static files under hashed names."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from chat.config.conf import conf

if TYPE_CHECKING:
    from pathlib import Path


def prepare() -> None:
    """Collect static files that changed, and bring the SQLite file of the data folder up to date.

    Another database is migrated by its operator, when it suits. Safe from several processes at
    once, and inside a running event loop. Where it cannot be done the process ends with a line that
    says why.
    """
    try:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(_prepare).result()
    except (OSError, DatabaseError) as error:
        sys.exit(f"WSCHAT_VAR: cannot prepare {conf.var}: {error}")


def _prepare() -> None:
    os.umask(0o077)  # whatever this process makes from now on is its user's alone
    conf.var.mkdir(parents=True, exist_ok=True)
    _close(conf.var)
    with (conf.var / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _collect_static_files(conf.var / "static.stamp")
        if settings.DATABASES["default"]["NAME"] == conf.var / "wschat.sqlite3":
            _migrate()


def _close(folder: Path) -> None:
    """Take away what others may do in a data folder that an older version, or a hand, has made."""
    for path in (folder, *folder.glob("wschat.sqlite3*")):
        status = path.stat()
        if status.st_uid == os.geteuid() and not status.st_mode & stat.S_ISVTX:
            path.chmod(0o700 if path.is_dir() else 0o600)


def _collect_static_files(stamp: Path) -> None:
    now = _static_digest()
    if not stamp.exists() or stamp.read_text() != now:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(now)


def _static_digest() -> str:
    """Digest the names, sizes and times of all static files; 10 ms for those of the admin."""
    digest = hashlib.sha256(django.__version__.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(f"{name} {storage.size(name)} {storage.get_modified_time(name)}".encode())
    return digest.hexdigest()


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
    connection.close()
