"""Filters whose choices need no look at every row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.db.models.functions import Now

from chat.models import ServerProcess
from chat.protocol.messages import ABNORMAL, CLOSE_CODES

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


MINUTES: Final = (1, 5, 15, 60)


class CloseCodeFilter(admin.SimpleListFilter):
    """By how the connection ended."""

    title = "close code"
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the table of codes."""
        ended = [(str(each.code), f"{each.code} {each.meaning}") for each in CLOSE_CODES]
        lost = (str(ABNORMAL.code), f"{ABNORMAL.code} {ABNORMAL.meaning}")
        return [("none", "still in the room"), lost, *ended]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows with the code."""
        value = self.value()
        if value == "none":
            return queryset.filter(left=None)
        known = value in {key for key, _ in self.lookup_choices}
        return queryset.filter(code=value) if known else queryset


class ProcessFilter(admin.SimpleListFilter):
    """By the process that served the connection."""

    title = "process"
    parameter_name = "process"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the processes of the last day."""
        return [
            (process.id, f"{process} from {process.started:%d %b %H:%M}")
            for process in ServerProcess.objects.all()[:20]
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the process's rows."""
        return queryset.filter(process=self.value()) if self.value() else queryset


class AliveProcessFilter(ProcessFilter):
    """By the process that serves a member; not shown where there is one only."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the processes that are alive, if there are several."""
        alive = [(process.id, str(process)) for process in ServerProcess.objects.alive()]
        return alive if len(alive) > 1 else []


class JoinedFilter(admin.SimpleListFilter):
    """By how lately somebody joined."""

    title = "joined"
    parameter_name = "minutes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(str(minutes), f"in the last {minutes} min") for minutes in MINUTES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of so many minutes."""
        value = self.value()
        if value is None or value not in {key for key, _ in self.lookup_choices}:
            return queryset
        begin = Now() - timedelta(minutes=int(value))
        return queryset.filter(joined__gte=begin)
