from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import Sum

from chat.models import Login

SHOWN: Final = 5


class FailedLogins(NamedTuple):
    """Wrong passwords counted in the last hour, and the latest from where they came."""

    total: int
    latest: list[Login]


def failed_logins(now: datetime) -> FailedLogins:
    """Return those of the hour before."""
    rows = Login.objects.filter(last__gte=now - timedelta(hours=1), failures__gt=0)
    total = rows.aggregate(total=Sum("failures"))["total"] or 0
    return FailedLogins(total, list(rows.order_by("-last")[:SHOWN]))
