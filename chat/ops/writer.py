"""Puts the recorder's rows into the database, each batch in one transaction."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db import connection as database

from chat.models import Connection, LoggedMessage
from chat.models.clock import database_now
from chat.models.server_process import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat.ops.rows import ConnectionRow, MessageRow

_Row = TypeVar("_Row")

# What may change between a connection's first row and its last.
_CHANGING: Final = ("left", "code", "reason", "messages", "bytes", "last_seen", "backlog")


class DatabaseFile:
    """Notices that the SQLite file is another one, or gone.

    An open connection would go on with a file that nobody can see, and a new one would make an
    empty file.
    """

    def __init__(self) -> None:
        self._identity: tuple[int, int] | None = None

    def check(self) -> None:
        """Close this thread's connection if it is to another file than the one there now.

        Raises:
            OperationalError: the file is gone.

        """
        name = database.settings_dict["NAME"]
        if database.vendor != "sqlite" or "memory" in str(name):
            return
        try:
            status = Path(name).stat()
        except OSError as error:
            database.close()
            raise OperationalError(f"{name}: {error.strerror}") from None
        identity = (status.st_dev, status.st_ino)
        if identity != self._identity:
            database.close()
            self._identity = identity


def write_connections(rows: Sequence[ConnectionRow]) -> int:
    """Add or change connections; return how many the database will never take."""
    return _write(rows, _upsert)


def write_messages(rows: Sequence[MessageRow]) -> int:
    """Add messages; return how many the database will never take."""
    return _write(rows, _insert)


def _write(rows: Sequence[_Row], write: Callable[[Sequence[_Row]], None]) -> int:
    """Write all at once, or each alone where one of them spoils it for the others."""
    try:
        with transaction.atomic():
            write(rows)
    except (DataError, IntegrityError, ValueError):
        if len(rows) == 1:
            return 1
        return sum(_write([row], write) for row in rows)
    return 0


def _upsert(rows: Sequence[ConnectionRow]) -> None:
    ahead = database_now().timestamp() - time.time()
    Connection.objects.bulk_create(
        [row.as_model(ahead) for row in rows],
        update_conflicts=True,
        unique_fields=["member"],
        update_fields=_CHANGING,
    )


def _insert(rows: Sequence[MessageRow]) -> None:
    """Insert all by one statement, without the ORM.

    The threads hand the interpreter's lock to and fro for every statement: one for each row cost
    the room 10 to 17 µs a message, twice what the insert itself takes.
    """
    table = database.ops.quote_name(LoggedMessage._meta.db_table)  # noqa: SLF001
    # Hundreds of rows share a second.
    adapt = cache(lambda timestamp: database.ops.adapt_datetimefield_value(moment(timestamp)))
    takes_nul = database.vendor == "sqlite"
    values: list[Any] = []
    for row in rows:
        contents = row.contents if takes_nul else row.contents.replace("\0", "\ufffd")
        values += (row.sender, contents, adapt(row.timestamp))
    places = ",".join(["(%s, %s, %s)"] * len(rows))
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (sender, contents, sent) VALUES {places}",  # noqa: S608
            values,
        )
