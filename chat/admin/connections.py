from __future__ import annotations

from django.contrib import admin

from chat.admin.exporting import ExportingAdmin
from chat.admin.filters import CloseCodeFilter, ProcessFilter
from chat.models import Connection


@admin.register(Connection)
class ConnectionAdmin(ExportingAdmin):
    """Who was in the room."""

    list_display = ("joined", "left", "address", "member", "code", "reason", "messages", "bytes")
    list_filter = (CloseCodeFilter, ProcessFilter)
    date_hierarchy = "joined"
    search_fields = ("member__exact", "address__startswith")
    search_help_text = "A member's whole UUID, or the beginning of an address."
    export_fields = (
        "member", "address", "user_agent", "origin", "process", "joined", "left", "code", "reason",
        "messages", "bytes",
    )  # fmt: skip
