from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from environ import Env

if TYPE_CHECKING:
    from pathlib import Path

# Readers and the one writer do not wait for each other; a crash of the machine may cost the last
# rows, never the file.
_SQLITE: Final[dict[str, Any]] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}
_ENGINES: Final[dict[str, dict[str, Any]]] = {
    "django.db.backends.sqlite3": _SQLITE,
    # Nobody waits longer than this for a server that is gone.
    "django.db.backends.postgresql": {"connect_timeout": 5},
}


def read_database(url: str, var: Path) -> dict[str, Any]:
    """Return Django's settings for a database: the one at the URL, else SQLite in the folder.

    Raises:
        ValueError: the URL names no database that is known; the text says what was expected.

    """
    if not url:
        name = var / "wschat.sqlite3"
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": dict(_SQLITE)}
    logging.getLogger("environ").setLevel(logging.ERROR)
    try:
        read: dict[str, Any] = Env.db_url_config(url)
    except Exception:  # noqa: BLE001 - the library lets through whatever its parts raise
        read = {}
    engine = str(read.get("ENGINE"))
    if "://" not in url or engine not in _ENGINES or not read.get("NAME"):
        # What was got may hold a password.
        raise ValueError(
            "expected postgres://user:password@host:port/name or sqlite:////path/to/file"
        )
    read["OPTIONS"] = {**_ENGINES[engine], **read.get("OPTIONS", {})}
    return read
