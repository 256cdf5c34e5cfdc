from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.servers import RunningServer


@contextmanager
def listed(room: RunningServer, **urls: str) -> Iterator[None]:
    """List servers on the room's page, in this order, for a while.

    Straight into the file: Django's ORM refuses to work in a thread where Playwright runs.
    The server reads it anew after a moment.
    """
    rows = [(name, url, place, True) for place, (name, url) in enumerate(urls.items())]
    with closing(sqlite3.connect(room.var / "wschat.sqlite3")) as database:
        with database:
            database.executemany(
                "INSERT INTO chat_server (name, url, position, enabled) VALUES (?, ?, ?, ?)", rows
            )
        try:
            wait_until_offered(room, urls)
            yield
        finally:
            with database:
                database.execute("DELETE FROM chat_server")
            wait_until_offered(room, {})


def wait_until_offered(room: RunningServer, urls: Mapping[str, str]) -> None:
    """Wait until the page offers these servers, by name, beside its own."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        with urlopen(room.url + "servers") as answer:
            if list(json.load(answer).items())[1:] == list(urls.items()):
                return
        time.sleep(0.05)
    message = f"the page does not offer {urls}"
    raise TimeoutError(message)
