from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import dj_database_url

# Readers and the one writer do not wait for each other; a crash of the machine may cost the last
# rows, never the file.
_SQLITE: Final[dict[str, Any]] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    # What a flood made of the write-ahead log is given back: 64 MiB of it stay.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
    "PRAGMA journal_size_limit=67108864",
}
_ENGINES: Final[dict[str, dict[str, Any]]] = {
    "django.db.backends.sqlite3": _SQLITE,
    "django.db.backends.postgresql": {
        # Nobody waits longer than this for a server that is gone.
        "connect_timeout": 5,
        # However many pages are asked for at once, a process has so many connections; who gets none
        # in time is told that the database does not answer.
        "pool": {"min_size": 1, "max_size": 10, "timeout": 5},
    },
}


def read_database_url(url: str) -> str:
    """Return the URL where it names a database that is known; else the same ValueError."""
    read_database(url, Path())
    return url


def read_database(url: str, var: Path) -> dict[str, Any]:
    """Return Django's settings for a database: the one at the URL, else SQLite in the folder.

    Raises:
        ValueError: the URL names no database that is known; the text says what was expected.

    """
    if not url:
        name = var / "wschat.sqlite3"
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": dict(_SQLITE)}
    try:
        # Of a server that was restarted every connection of the pool is dead.
        read: dict[str, Any] = {**dj_database_url.parse(url, conn_health_checks=True)}
    except ValueError:
        read = {}
    engine = read.get("ENGINE", "")
    if "://" not in url or engine not in _ENGINES or read["NAME"] in {"", ":memory:"}:
        # What was got may hold a password.
        raise ValueError(
            "expected postgres://user:password@host:port/name or sqlite:////path/to/file"
        )
    read["OPTIONS"] = {**_ENGINES[engine], **read.get("OPTIONS", {})}
    return read
