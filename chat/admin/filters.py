"""Filters whose choices need no look at every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from chat.models import ServerProcess
from chat.protocol import ABNORMAL, CLOSE_CODES

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


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
        return queryset.filter(code=int(value)) if value and value.isdigit() else queryset


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
