"""The last hour, minute by minute, as drawings without a script."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import Sum
from django.utils import timezone

from chat.models import Minute

MINUTES: Final = 60
WIDTH, HEIGHT, STEP = 300, 48, 5


class Bar(NamedTuple):
    """One minute of a chart, in the units of its drawing."""

    x: int
    y: int
    height: int
    title: str


class Chart(NamedTuple):
    """What happened in each minute of the last hour, this one last."""

    name: str
    counts: list[int]
    bars: list[Bar]

    @property
    def most(self) -> int:
        """The most in one minute."""
        return max(self.counts)

    @property
    def total(self) -> int:
        """All of them together."""
        return sum(self.counts)

    @property
    def last_minute(self) -> int:
        """The last minute that is over."""
        return self.counts[-2]


def charts_of_last_hour(now: datetime) -> dict[str, Chart]:
    """Return the charts of the members, messages and refusals of all processes together."""
    this_minute = now.replace(second=0, microsecond=0)
    first = this_minute - timedelta(minutes=MINUTES - 1)
    rows = Minute.objects.filter(begin__gte=first).order_by()
    begins = [first + timedelta(minutes=index) for index in range(MINUTES)]
    charts = {}
    for name in ("members", "messages", "refused"):
        sums = dict(rows.values_list("begin").annotate(total=Sum(name)))
        counts = [sums.get(begin, 0) for begin in begins]
        charts[name] = Chart(name, counts, bars(counts, now))
    return charts


def bars(counts: list[int], now: datetime) -> list[Bar]:
    """Return a chart's bars: the tallest is as high as the drawing, and none is too low to see."""
    most = max(counts) or 1
    local = timezone.localtime(now)
    drawn = []
    for index, count in enumerate(counts):
        height = max(round(count / most * HEIGHT), 1 if count else 0)
        at = local - timedelta(minutes=len(counts) - 1 - index)
        drawn.append(Bar(index * STEP, HEIGHT - height, height, f"{at:%H:%M}: {count}"))
    return drawn
