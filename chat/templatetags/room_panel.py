"""The panel on the admin's first page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django import template
from django.db import DatabaseError
from django.db.models import Sum
from django.utils import timezone

from chat.models import LiveMember, Minute, ServerProcess, Switches
from chat.ops.operations import the_operations

register = template.Library()

MINUTES: Final = 60
WIDTH, HEIGHT, STEP = 600, 80, 10


class Bar(NamedTuple):
    """One minute of the chart, in the units of its drawing."""

    x: int
    y: int
    height: int
    title: str


@register.inclusion_tag("admin/chat/panel.html", takes_context=True)
def room_panel(context: dict[str, Any]) -> dict[str, Any]:
    """Show who is here, what was said, what serves and whether it is written down."""
    if not context["request"].user.has_perm("chat.view_serverprocess"):
        return {"is_allowed": False}
    try:
        return {"is_allowed": True, **_panel(timezone.now())}
    except DatabaseError as error:
        return {"is_allowed": True, "problem": str(error)}


def _panel(now: datetime) -> dict[str, Any]:
    counts = messages_by_minute(now)
    processes = list(ServerProcess.objects.alive())
    return {
        "online": LiveMember.objects.count(),
        "minutes": counts,
        "most": max(counts),
        "bars": bars(counts, now),
        "width": WIDTH,
        "height": HEIGHT,
        "processes": processes,
        "dropped": sum(process.dropped for process in processes),
        "queued": sum(process.queued for process in processes),
        "recorder_problem": the_operations().recorder.problem,
        "switches": Switches.objects.first() or Switches(),
    }


def messages_by_minute(now: datetime) -> list[int]:
    """Return the messages of all processes in each of the last sixty minutes, this one last."""
    this_minute = now.replace(second=0, microsecond=0)
    first = this_minute - timedelta(minutes=MINUTES - 1)
    rows = Minute.objects.filter(begin__gte=first).order_by().values_list("begin")
    totals = dict(rows.annotate(total=Sum("messages")))
    return [totals.get(first + timedelta(minutes=index), 0) for index in range(MINUTES)]


def bars(counts: list[int], now: datetime) -> list[Bar]:
    """Return the chart's bars: the tallest is as high as the drawing."""
    most = max(counts) or 1
    local = timezone.localtime(now)
    drawn = []
    for index, count in enumerate(counts):
        height = round(count / most * HEIGHT)
        at = local - timedelta(minutes=len(counts) - 1 - index)
        drawn.append(Bar(index * STEP, HEIGHT - height, height, f"{at:%H:%M}: {count}"))
    return drawn
