"""A real PostgreSQL for tests, with few connections, as a small host has them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CONNECTIONS: Final = 30


def _command(name: str) -> list[str]:
    """Return a program of the newest server there is; root has to run it as somebody else."""
    (*_, newest) = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    return [*user, str(newest)]


@contextmanager
def postgres() -> Iterator[str]:
    """Run one; give the URL of an empty database."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="wschat-pg-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data = f"{folder}/data"
        made = [*_command("initdb"), "-D", data, "-A", "trust", "-U", "wschat", "-N"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder)
        options = f"-p {port} -k {folder} -c fsync=off -c max_connections={MOST_CONNECTIONS}"
        control = [*_command("pg_ctl"), "-D", data, "-w", "-l", f"{folder}/log"]
        subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd="/")
        try:
            address = f"wschat@127.0.0.1:{port}"
            with psycopg.connect(f"postgres://{address}/postgres", autocommit=True) as connection:
                connection.execute("create database room")
            yield f"postgres://{address}/room"
        finally:
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, capture_output=True, cwd="/")
