"""What the database has of the rows that it was given."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection

from chat.models import Connection, LoggedMessage
from chat.models.server_process import moment
from chat.ops import writer as module
from chat.ops.rows import ConnectionRow, MessageRow, connection_row
from chat.ops.writer import DatabaseFile, write_connections, write_messages
from tests.fakes import fake_member

if TYPE_CHECKING:
    from pathlib import Path


def row() -> ConnectionRow:
    return connection_row(fake_member()[0])


@pytest.mark.django_db
def test_a_connection_is_one_row_whatever_comes_later() -> None:
    """Who left would stand in the list for ever, or there once for each thing that was noted."""
    first = row()._replace(address="192.0.2.1")
    assert write_connections([first, row()]) == 0
    changing = {"code": 4001, "reason": "spam", "messages": 3, "bytes": 300, "backlog": 7}
    last = first._replace(address="other", left=2000.0, last_seen=1900.0, **changing)  # type: ignore[arg-type]
    assert write_connections([last]) == 0
    assert Connection.objects.count() == 2
    found = Connection.objects.get(member=first.member)
    assert found.address == "192.0.2.1"
    assert {name: getattr(found, name) for name in changing} == changing
    assert found.left is not None
    assert abs(found.left - moment(2000)).total_seconds() < 1
    assert abs(found.last_seen - moment(1900)).total_seconds() < 1


@pytest.mark.django_db
@pytest.mark.parametrize("skew", [-300, 300])
def test_moments_are_those_of_the_database(monkeypatch: pytest.MonkeyPatch, skew: int) -> None:
    """A host with a wrong clock would have people come tomorrow."""
    now = time.time()
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now + skew))
    write_connections([row()._replace(joined=now + skew)])
    assert abs((Connection.objects.get().joined - moment(now)).total_seconds()) < 60


@pytest.mark.django_db
def test_a_row_that_is_refused_spoils_no_other() -> None:
    """One bad row would cost the thousand that were to be written with it."""
    rows = [row(), row()._replace(messages=-1), row()]
    assert write_connections(rows) == 1
    assert {found.member for found in Connection.objects.all()} == {rows[0].member, rows[2].member}
    nobody: Any = None
    messages = [MessageRow("m", "a", 7), MessageRow(nobody, "b", 7), MessageRow("m", "c", 7)]
    assert write_messages(messages) == 1
    assert {found.contents for found in LoggedMessage.objects.all()} == {"a", "c"}


@pytest.mark.django_db
@pytest.mark.parametrize(("vendor", "kept"), [("sqlite", "a\0b"), ("postgresql", "a\ufffdb")])
def test_messages_are_written_as_they_were_said(
    monkeypatch: pytest.MonkeyPatch, vendor: str, kept: str
) -> None:
    """The log would show words that nobody said, or at another time; PostgreSQL takes no NUL."""
    monkeypatch.setattr(connection, "vendor", vendor)
    assert write_messages([MessageRow("anna", "a\0b", 7), MessageRow("bert", "%s", 9)]) == 0
    rows = LoggedMessage.objects.order_by("id").values_list("sender", "contents", "sent")
    assert list(rows) == [("anna", kept, moment(7)), ("bert", "%s", moment(9))]


def test_another_file_is_opened_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restore from a backup the log would go into a file that nobody can see."""
    closed = 0

    def close() -> None:
        nonlocal closed
        closed += 1

    path = tmp_path / "room.sqlite3"
    path.touch()
    settings = {"NAME": path}
    database = SimpleNamespace(settings_dict=settings, vendor="sqlite", close=close)
    monkeypatch.setattr(module, "database", database)
    file = DatabaseFile()
    file.check()
    file.check()
    assert closed == 1
    other = tmp_path / "other"
    other.touch()
    other.replace(path)
    file.check()
    assert closed == 2
    path.unlink()
    for is_sqlite, name in [(False, path), (True, "file:memory?cache=shared")]:
        database.vendor, settings["NAME"] = "sqlite" if is_sqlite else "postgresql", name  # type: ignore[assignment]
        file.check()
    assert closed == 2
    settings["NAME"] = path
    with pytest.raises(OperationalError, match=r"room\.sqlite3: No such file"):
        file.check()
    assert closed == 3
