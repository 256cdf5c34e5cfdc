"""What the admin asks of a log with a million rows, answered by its indexes alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import models
from django.utils import timezone

_Row = TypeVar("_Row", bound=models.Model)

# A count goes no further than this: nobody turns a hundred pages.
MOST_COUNTED: Final = 10_000


class TimelineQuerySet(models.QuerySet[_Row]):
    """Rows of a log.

    A `date_hierarchy` asks for the first and the last time and for the periods between them that
    have rows. Databases read every row for that; here each answer is one step in the index.
    """

    def aggregate(self, *args: Any, **named: Any) -> dict[str, Any]:
        """Ask for one at a time: for the least and the greatest at once there is no short way."""
        if len(named) < 2 or args:
            return super().aggregate(*args, **named)
        return {
            name: super(TimelineQuerySet, self).aggregate(**{name: asked})[name]
            for name, asked in named.items()
        }

    # A list is all that the admin needs.
    def datetimes(  # type: ignore[override]
        self, field_name: str, kind: str, order: str = "ASC", tzinfo: Any = None
    ) -> list[datetime]:
        """Return the beginnings of the periods (year, month or day) that have rows."""
        found: list[datetime] = []
        rows = self.order_by()
        first = rows.aggregate(first=models.Min(field_name))["first"]
        while first is not None:
            begin = _period_begin(timezone.localtime(first, tzinfo), kind)
            found.append(begin)
            later = self._all_from(field_name, _next_period(begin, kind)) & rows
            first = later.aggregate(first=models.Min(field_name))["first"]
        return found if order == "ASC" else found[::-1]

    def _all_from(self, field_name: str, begin: datetime) -> TimelineQuerySet[_Row]:
        """Return the rows from a time on, for the first one that further conditions leave.

        Where a month is chosen already, SQLite starts at the bound that it reads first: this one
        has to stand before the month's.
        """
        every = type(self)(self.model, using=self.db)
        return every.filter(**{f"{field_name}__gte": begin})

    def count_some(self) -> int:
        """Return the number of rows, MOST_COUNTED + 1 if there are more than that."""
        return self.order_by()[: MOST_COUNTED + 1].count()


def _period_begin(at: datetime, kind: str) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if kind == "month" else day


def _next_period(begin: datetime, kind: str) -> datetime:
    if kind == "year":
        return begin.replace(year=begin.year + 1)
    if kind == "month":
        return _period_begin(begin + timedelta(days=32), "month")
    return begin + timedelta(days=1)
