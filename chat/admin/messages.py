from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from chat.admin.exporting import ExportingAdmin
from chat.admin.links import ban_page, listed, member_link, page_of
from chat.admin.read_only import LogAdmin
from chat.admin.tools import Tool, ToolsAdmin
from chat.models import Connection, LoggedMessage

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


@admin.register(LoggedMessage)
class LoggedMessageAdmin(ToolsAdmin, ExportingAdmin, LogAdmin):
    """What was said, if it is kept."""

    list_display = ("sent", "said_by", "__str__")
    list_display_links = ("__str__",)
    date_hierarchy = "sent"
    search_fields = ("sender__exact", "contents")
    search_help_text = "A member's whole UUID, or a part of what was said."
    export_fields = ("sent", "sender", "contents")
    fields = ("sent", "said_by", "contents")

    @admin.display(description="sender", ordering="sender")
    def said_by(self, message: LoggedMessage) -> SafeString | str:
        """Return the sender's short id, with a link to its page."""
        return member_link(message.sender)

    def tools(self, request: HttpRequest, obj: LoggedMessage) -> list[Tool]:
        """Offer the sender, what else it said, and the ban of its address."""
        sender = Connection.objects.filter(member=obj.sender).first()
        if sender is None:
            return []
        tools = [
            Tool("Sender", page_of(obj.sender)),
            Tool("All that it said", listed("loggedmessage", q=obj.sender)),
        ]
        if request.user.has_perm("chat.add_ban") and (ban := ban_page(sender.address)):
            tools.append(Tool("Ban the sender's address…", ban))
        return tools
