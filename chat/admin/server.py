from __future__ import annotations

from django.contrib import admin

from chat.admin.audited import AuditedAdmin
from chat.models import Server


@admin.register(Server)
class ServerAdmin(AuditedAdmin):
    """The list of servers on the page."""

    list_display = ("name", "url", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("enabled",)
    search_fields = ("name", "url")
