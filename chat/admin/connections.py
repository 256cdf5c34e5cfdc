from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from chat.admin.banning import BanningAdmin
from chat.admin.exporting import ExportingAdmin
from chat.admin.filters import CloseCodeFilter, ProcessFilter
from chat.admin.links import ban_page, listed
from chat.admin.read_only import LogAdmin
from chat.admin.tools import Tool, ToolsAdmin
from chat.models import Connection, LiveMember

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Connection)
class ConnectionAdmin(BanningAdmin, ToolsAdmin, ExportingAdmin, LogAdmin):
    """Who was in the room."""

    list_display = (
        "who", "came_from", "joined", "left", "code", "reason", "messages", "bytes", "agent",
    )  # fmt: skip
    list_display_links = None
    list_filter = (CloseCodeFilter, ProcessFilter)
    date_hierarchy = "joined"
    search_fields = ("member__exact", "address__startswith")
    search_help_text = "A member's whole UUID, or the beginning of an address."
    export_fields = (
        "member", "address", "user_agent", "origin", "process", "joined", "left", "code", "reason",
        "messages", "bytes",
    )  # fmt: skip
    fields = (
        "member", "came_from", "user_agent", "origin", "process", "joined", "left", "code",
        "reason", "messages", "bytes", "last_seen", "backlog",
    )  # fmt: skip

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Find a row by the member's UUID, too: that is what messages and logs name it by."""
        if len(object_id) == 36:
            return self.get_queryset(request).filter(member=object_id).first()
        return super().get_object(request, object_id, from_field)

    def tools(self, request: HttpRequest, obj: Connection) -> list[Tool]:
        """Offer what it said, its neighbours, and the ways to put it out."""
        may = request.user.has_perm
        tools = []
        if may("chat.view_loggedmessage"):
            tools.append(Tool("What it said", listed("loggedmessage", q=obj.member)))
        if obj.address:
            tools.append(Tool("All from this address", listed("connection", q=obj.address)))
        if may("chat.kick_connection") and LiveMember.objects.filter(pk=obj.pk).exists():
            chosen = {"action": "kick", ACTION_CHECKBOX_NAME: str(obj.pk)}
            tools.append(Tool("Kick…", reverse("admin:chat_livemember_changelist"), chosen))
        if may("chat.add_ban") and (ban := ban_page(obj.address)):
            tools.append(Tool("Ban address…", ban))
        return tools
