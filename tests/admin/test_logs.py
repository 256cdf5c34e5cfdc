from __future__ import annotations

import contextlib
import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection as database
from django.utils import timezone

from chat.admin.export import cell
from chat.models import Connection, LoggedMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import User
    from django.test import AsyncClient, Client

pytestmark = pytest.mark.django_db

MESSAGES = 1_000_000
CONNECTIONS = 250_000
COUNT_EVERY = 1000
MOST_STEPS = 10_000_000


@pytest.fixture
def million() -> None:
    """Fill both logs with more than a million rows over thirty days."""
    begin = timezone.now() - timedelta(days=30)
    with database.cursor() as cursor:
        numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < %s)"
        at = "strftime('%%Y-%%m-%%d %%H:%%M:%%S', %s, '+' || (i * 2592000 / %s) || ' seconds')"
        first = begin.strftime("%Y-%m-%d %H:%M:%S")
        cursor.execute(
            f"{numbers} insert into chat_loggedmessage (sender, sent, contents)"
            f" select 'm' || (i %% 1000), {at}, 'text ' || i from n",
            [MESSAGES, first, MESSAGES],
        )
        cursor.execute(
            f"{numbers} insert into chat_connection (member, process, address, user_agent, origin,"
            f' joined, "left", code, reason, messages, bytes, last_seen, backlog)'
            f" select 'm' || i, 'p', '10.0.' || (i / 256 %% 256) || '.' || (i %% 256), '', '',"
            f" t, t, case i %% 100 when 0 then 4001 else 1000 end, '', 1, 1, t, 0"
            f" from (select i, {at} as t from n)",
            [CONNECTIONS, first, CONNECTIONS],
        )


def test_a_million_rows(admin_client: Client, million: None) -> None:
    """After a busy month the logs could not be opened any more."""
    day = timezone.now() - timedelta(days=3)
    paths = {
        "/admin/chat/connection/": "50 rows",
        "/admin/chat/loggedmessage/": "50 rows",
        "/admin/chat/connection/?code=4001": "kicked ones",
        "/admin/chat/connection/?q=10.0.7.7": "an address",
        "/admin/chat/connection/?p=100": "a late page",
        f"/admin/chat/loggedmessage/?sent__year={day:%Y}&sent__month={day.month}": "a month",
        f"/admin/chat/loggedmessage/?sent__day={day.day}&sent__month={day.month}"
        f"&sent__year={day:%Y}": "a day",
        "/admin/chat/loggedmessage/?q=m7": "somebody",
    }
    for path, what in paths.items():
        with _counted() as steps:
            response = admin_client.get(path)
        assert response.status_code == 200, what
        assert b'class="field-' in response.content, what
        assert steps.taken < MOST_STEPS, f"{what}: {steps.taken:,}"


@dataclass
class Steps:
    """How many instructions SQLite's machine took, in steps of COUNT_EVERY."""

    taken: int = 0

    def count(self) -> None:
        """Note that COUNT_EVERY more are taken."""
        self.taken += COUNT_EVERY


@contextlib.contextmanager
def _counted() -> Iterator[Steps]:
    """Count what the database does meanwhile: the same on every machine, however busy."""
    steps = Steps()
    database.connection.set_progress_handler(steps.count, COUNT_EVERY)
    try:
        yield steps
    finally:
        database.connection.set_progress_handler(None, 0)


def test_date_hierarchy_names_the_days_that_have_rows(admin_client: Client) -> None:
    """The way to a day in the log would be missing."""
    for day in (3, 3, 17):
        LoggedMessage.objects.create(
            sender="m", sent=datetime(2026, 5, day, 12, tzinfo=UTC), contents="x"
        )
    page = admin_client.get("/admin/chat/loggedmessage/").content.decode()
    assert page.count("sent__day=3&") + page.count('sent__day=3"') >= 1
    assert "sent__day=17" in page
    assert "sent__day=4" not in page


async def read_csv(async_client: AsyncClient, path: str) -> list[list[str]]:
    response = await async_client.get(path)
    assert response.streaming
    pieces: Any = response
    text = "".join([piece.decode() async for piece in pieces])
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
async def async_admin(async_client: AsyncClient, admin_user: User) -> AsyncClient:
    """Log a superuser in."""
    await async_client.aforce_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    return async_client


@pytest.mark.django_db(transaction=True)
async def test_export_has_all_rows_that_the_filters_leave(async_admin: AsyncClient) -> None:
    """An export would have the first page only, or rows that nobody asked for."""
    now = timezone.now()
    await Connection.objects.abulk_create(
        Connection(
            member=f"m{number}",
            process="p",
            address="192.0.2.1",
            joined=now,
            last_seen=now,
            code=4001 if number % 2 else 1000,
        )
        for number in range(4500)
    )
    rows = await read_csv(async_admin, "/admin/chat/connection/export/?code=4001")
    assert rows[0][:2] == ["member", "address"]
    assert len(rows) == 1 + 2250
    assert len({row[0] for row in rows}) == len(rows)
    entry = await LogEntry.objects.alatest("action_time")
    assert "code=4001" in entry.object_repr


@pytest.mark.parametrize("sheet", ["", "export/"])
@pytest.mark.parametrize(
    "query",
    [
        "code=%C2%B2",
        "code=99999999999999999999",
        "joined__gte=yesterday",
        "joined__year=9999",
        "joined__year=99999999999999999999",
        "joined__gte=0001-01-01+00:00%2B14:00",
        "messages__gte=many",
        "messages=99999999999999999999",
        "user_agent__regex=(",
        "nothing=1",
        "member__nothing=1",
        "p=99999",
        "p=x",
        "o=99.x",
        "q=%00",
        "q=%22",
        "e=1",
        "all=",
        "process=%00",
    ],
)
def test_odd_query(admin_client: Client, sheet: str, query: str) -> None:
    """A mistyped address would end in a page that says nothing, and in a traceback in the log."""
    response = admin_client.get(f"/admin/chat/connection/{sheet}?{query}")
    assert response.status_code in {200, 302, 400}


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\N{FULLWIDTH EQUALS SIGN}1",
    "\N{FULLWIDTH PLUS SIGN}1",
    "\N{SMALL HYPHEN-MINUS}1",
    "\N{MINUS SIGN}1",
    "\n=1",
    "\r\n\t =1",
    "  =1",
    "\N{NO-BREAK SPACE}=1",
    "\N{ZERO WIDTH SPACE}=1",
    "\N{ZERO WIDTH NO-BREAK SPACE}\N{COMBINING GRAVE ACCENT}=1",
    "\0=1",
    "well;=1",
    "well\n=1",
    "well\t=1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    """A member could run a formula in an operator's spreadsheet by something odd before it."""
    shown = cell(text)
    assert shown != text
    assert shown.replace("'", "") == text
    for piece in re.split(r"[;\t\r\n]", shown):
        assert not re.match(r"[\W_]*?[=+\-@\uff1d\uff0b\ufe63\u2212]", piece.partition("'")[0])


@pytest.mark.parametrize("text", ["well = good", "a-b", "10:30 + 5", "(=", "", "3f2a-11", "\u200b"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    """What was said would be exported as something else."""
    assert cell(text) == text


@pytest.mark.django_db(transaction=True)
async def test_export_cannot_run_formulas(async_admin: AsyncClient) -> None:
    """A member could run a formula in an operator's spreadsheet."""
    await LoggedMessage.objects.acreate(
        sender="m", sent=timezone.now(), contents='=HYPERLINK("http://evil")\n"x", y'
    )
    rows = await read_csv(async_admin, "/admin/chat/loggedmessage/export/")
    assert rows[1][2] == '\'=HYPERLINK("http://evil")\n"x", y'
