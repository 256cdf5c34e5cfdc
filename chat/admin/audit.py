from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.contrib.admin import RelatedOnlyFieldListFilter
from django.contrib.admin.models import ACTION_FLAG_CHOICES, LogEntry
from django.utils.html import format_html

from chat.admin.exporting import ExportingAdmin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

_FLAGS: Final = {flag: str(name) for flag, name in ACTION_FLAG_CHOICES}


class LoginFilter(admin.SimpleListFilter):
    """Who came and went, or what they did."""

    title = "logins"
    parameter_name = "logins"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two kinds."""
        return [("only", "logins and log-outs"), ("none", "everything else")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of that kind."""
        messages = ("Logged in.", "Logged out.")
        match self.value():
            case "only":
                return queryset.filter(change_message__in=messages)
            case "none":
                return queryset.exclude(change_message__in=messages)
        return queryset


@admin.register(LogEntry)
class AuditAdmin(ExportingAdmin):
    """What operators did."""

    list_display = (
        "action_time", "user", "address", "action_flag", "what", "message", "content_type",
    )  # fmt: skip
    list_filter = (
        LoginFilter,
        ("user", RelatedOnlyFieldListFilter),
        "action_flag",
        ("content_type", RelatedOnlyFieldListFilter),
    )
    list_select_related = ("user", "content_type", "origin")
    date_hierarchy = "action_time"
    search_fields = ("object_repr", "change_message", "user__username", "origin__address__exact")
    search_help_text = "A part of what was done to what, an operator's name, or a whole address."
    fields = (
        "action_time", "user", "address", "action_flag", "content_type", "what", "message",
    )  # fmt: skip
    export_fields = (
        "action_time", "user__username", "origin__address", "action_flag", "content_type__model",
        "object_repr", "change_message",
    )  # fmt: skip

    @admin.display(description="from", ordering="origin__address")
    def address(self, entry: LogEntry) -> str:
        """Return the operator's address; entries of old versions have none."""
        origin = getattr(entry, "origin", None)
        return origin.address if origin is not None else ""

    @admin.display(description="what", ordering="object_repr")
    def what(self, entry: LogEntry) -> str | SafeString:
        """Return what it was done to, with a link if it is still there."""
        address = None if entry.is_deletion() else entry.get_admin_url()
        if not address or not entry.object_id:
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', address, entry.object_repr)

    @admin.display(description="message")
    def message(self, entry: LogEntry) -> str:
        """Return the message as a sentence."""
        return str(entry.get_change_message())

    def export_row(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return the cells, with the kind of act and the message as people read them."""
        *before, flag, model, what, message = values
        told = LogEntry(change_message=message).get_change_message()
        return [*before, _FLAGS.get(flag, flag), model, what, told]
