from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from chat.admin.read_only import ReadOnlyAdmin


@admin.register(LogEntry)
class AuditAdmin(ReadOnlyAdmin):
    """What operators did."""

    list_display = ("action_time", "user", "content_type", "object_repr", "action_flag", "message")
    list_filter = ("action_flag", "content_type")
    list_select_related = ("user", "content_type")
    date_hierarchy = "action_time"
    search_fields = ("object_repr", "change_message", "user__username")

    @admin.display(description="message")
    def message(self, entry: LogEntry) -> str:
        """Return the message as a sentence."""
        return str(entry.get_change_message())
