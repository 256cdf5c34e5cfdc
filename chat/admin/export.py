"""A log as CSV, streamed in small pieces."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from django.db.models import QuerySet

CHUNK: Final = 2000
# A spreadsheet takes a cell that begins with one of these for a formula and runs it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_response(
    rows: QuerySet[Any], names: Sequence[str], file_name: str
) -> StreamingHttpResponse:
    """Return all rows as a file of CSV, newest first."""
    response = StreamingHttpResponse(_lines(rows, names), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


async def _lines(rows: QuerySet[Any], names: Sequence[str]) -> AsyncIterator[str]:
    """Read by steps of the key: no transaction stays open, however slowly somebody downloads."""
    yield _text([names])
    ordered = rows.order_by("-pk").values_list("pk", *names)
    chunk = await _read(ordered)
    while chunk:
        yield _text([[_cell(value) for value in row[1:]] for row in chunk])
        chunk = await _read(ordered.filter(pk__lt=chunk[-1][0]))


@sync_to_async
def _read(rows: QuerySet[Any]) -> list[Any]:
    return list(rows[:CHUNK])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(timezone.localtime(value).isoformat(sep=" ", timespec="seconds"))
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Echo:
    """What a csv.writer writes to: gives back what it gets."""

    @staticmethod
    def write(text: str) -> str:
        return text


def _text(rows: Sequence[Sequence[Any]]) -> str:
    writer = csv.writer(_Echo())
    return "".join(writer.writerow(row) for row in rows)
