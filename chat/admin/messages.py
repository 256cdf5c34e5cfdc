from __future__ import annotations

from django.contrib import admin

from chat.admin.exporting import ExportingAdmin
from chat.models import LoggedMessage


@admin.register(LoggedMessage)
class LoggedMessageAdmin(ExportingAdmin):
    """What was said, if it is kept."""

    list_display = ("sent", "sender", "__str__")
    date_hierarchy = "sent"
    search_fields = ("sender__exact", "contents")
    search_help_text = "A member's whole UUID, or a part of what was said."
    export_fields = ("sent", "sender", "contents")
