"""A log as CSV, streamed in small pieces."""

from __future__ import annotations

import csv
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from django.db.models import QuerySet

    Row = Sequence[Any]

CHUNK: Final = 2000
# A spreadsheet takes a cell that begins with one of these for a formula and runs it; after NFKC, as
# some of them also take the wide forms.
_FORMULA: Final = frozenset("=+-@\N{MINUS SIGN}")
# Where a cell may begin: some programs cut at these even within quotes.
_BEGINNING: Final = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=.)", re.DOTALL)


def csv_response(
    rows: QuerySet[Any],
    names: Sequence[str],
    file_name: str,
    readable: Callable[[Row], Row] = lambda row: row,
) -> StreamingHttpResponse:
    """Return all rows as a file of CSV, newest first; `readable` makes cells of a row's values."""
    lines = _lines(rows, names, readable)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


async def _lines(
    rows: QuerySet[Any], names: Sequence[str], readable: Callable[[Row], Row]
) -> AsyncIterator[str]:
    """Read by steps of the key: no transaction stays open, however slowly somebody downloads."""
    yield _text([names])
    ordered = rows.order_by("-pk").values_list("pk", *names)
    chunk = await _read(ordered)
    while chunk:
        yield _text([[cell(value) for value in readable(row[1:])] for row in chunk])
        chunk = await _read(ordered.filter(pk__lt=chunk[-1][0]))


@sync_to_async
def _read(rows: QuerySet[Any]) -> list[Any]:
    return list(rows[:CHUNK])


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula: with ' before it if so."""
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(timezone.localtime(value).isoformat(sep=" ", timespec="seconds"))
    text = str(value)
    if text.isascii() and text.isalnum():
        return text
    return _BEGINNING.sub(lambda at: "'" if _is_formula(text, at.start()) else "", text)


def _is_formula(text: str, begin: int) -> bool:
    """Tell whether what can be seen from there on begins like a formula."""
    for character in text[begin:]:
        if character in ";\t\r\n" or unicodedata.category(character)[0] in "CZM":
            continue
        return unicodedata.normalize("NFKC", character)[0] in _FORMULA
    return False


class _Echo:
    """What a csv.writer writes to: gives back what it gets."""

    @staticmethod
    def write(text: str) -> str:
        return text


def _text(rows: Sequence[Sequence[Any]]) -> str:
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    return "".join(writer.writerow(row) for row in rows)
