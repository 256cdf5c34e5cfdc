"""What the admin's first page shows of the room."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import DatabaseError
from django.db.models import Q

from chat.admin.charts import HEIGHT, WIDTH, charts_of_last_hour
from chat.admin.failed_logins import failed_logins
from chat.models import LiveMember, ServerProcess, Switches
from chat.models.clock import database_now
from chat.ops.operations import the_operations

if TYPE_CHECKING:
    from django.http import HttpRequest

# What ended longer ago is in the list of processes only.
ENDED_SHOWN: Final = timedelta(minutes=10)
# What the form offers for slow mode where it is off.
USUAL_SLOW: Final = 20


def panel(request: HttpRequest) -> dict[str, Any]:
    """Return the panel's context: whether this operator may see it, then all that it shows."""
    if not request.user.has_perm("chat.view_serverprocess"):
        return {"is_allowed": False}
    try:
        return {"is_allowed": True, **_content(request)}
    except DatabaseError as error:
        return {"is_allowed": True, "problem": str(error)}


def _content(request: HttpRequest) -> dict[str, Any]:
    now = database_now()
    switches = Switches.objects.first() or Switches()
    recent = ServerProcess.objects.filter(Q(stopped=None) | Q(stopped__gte=now - ENDED_SHOWN))
    alive = set(ServerProcess.objects.alive().values_list("pk", flat=True))
    operations = the_operations()
    return {
        "online": LiveMember.objects.count(),
        "charts": charts_of_last_hour(now),
        "width": WIDTH,
        "height": HEIGHT,
        "switches": switches,
        "slow": switches.slow_mode or USUAL_SLOW,
        "may_switch": request.user.has_perm("chat.change_switches"),
        "may_announce": request.user.has_perm("chat.add_announcement"),
        "may_sweep": request.user.has_perms(["chat.kick_connection", "chat.add_ban"]),
        "logins": failed_logins(now),
        "processes": [(process, process.pk in alive) for process in recent],
        "recorder_problem": operations.recorder.problem,
        "problems": operations.problems,
    }
