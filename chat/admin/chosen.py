"""The rows that an operator chose in a list, kept through the page that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest

_Row = TypeVar("_Row", bound=models.Model)

FIELD: Final = "chosen"
# More than a room holds; a log may well have more rows than one form can name.
MOST: Final = 20_000


def chosen(request: HttpRequest, queryset: QuerySet[_Row]) -> list[_Row]:
    """Return the rows: those of the answer if this is one, else those of the list, MOST at most.

    Where the list has more, the page that asks says so.
    """
    keys = request.POST.get(FIELD)
    if keys is not None:
        named = [int(key) for key in keys.split(",") if key.isascii() and key.isdigit()]
        queryset = queryset.filter(pk__in=named[:MOST])
    rows = list(queryset[: MOST + 1])
    if len(rows) > MOST:
        text = f"The list has more than {MOST:,} rows: this is about the first {MOST:,} alone."
        messages.warning(request, text)
    return rows[:MOST]


def fields(action: str, rows: Sequence[Any]) -> list[tuple[str, str]]:
    """Return what brings the rows back to the action, in one field: Django takes a thousand."""
    return [
        ("action", action),
        ("select_across", "1"),
        (ACTION_CHECKBOX_NAME, str(rows[0].pk) if rows else "0"),
        (FIELD, ",".join(str(row.pk) for row in rows)),
    ]
