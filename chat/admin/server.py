from __future__ import annotations

from django.contrib import admin

from chat.admin.typed import ModelAdmin
from chat.models import Server


@admin.register(Server)
class ServerAdmin(ModelAdmin):
    """The list of servers on the page."""

    list_display = ("name", "url", "position", "enabled")
    list_editable = ("position", "enabled")
    list_filter = ("enabled",)
    search_fields = ("name", "url")
