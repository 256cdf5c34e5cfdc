from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import RunningServer


@contextmanager
def listed(room: RunningServer, **urls: str) -> Iterator[None]:
    """List servers on the room's page, in this order, for a while.

    Straight into the file: Django's ORM refuses to work in a thread where Playwright runs.
    """
    rows = [(name, url, place, True) for place, (name, url) in enumerate(urls.items())]
    with closing(sqlite3.connect(room.var / "wschat.sqlite3")) as database:
        with database:
            database.executemany(
                "INSERT INTO chat_server (name, url, position, enabled) VALUES (?, ?, ?, ?)", rows
            )
        try:
            yield
        finally:
            with database:
                database.execute("DELETE FROM chat_server")
