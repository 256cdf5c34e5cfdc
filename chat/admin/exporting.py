from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.urls import path

from chat.admin.export import csv_response
from chat.admin.read_only import LogAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern


class ExportingAdmin(LogAdmin):
    """A log with a link to all that the filters and the search leave of it, as CSV."""

    change_list_template = "admin/chat/log_change_list.html"
    export_fields: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the file."""
        meta = self.model._meta  # noqa: SLF001 - documented
        name = f"{meta.app_label}_{meta.model_name}_export"
        own = path("export/", self.admin_site.admin_view(self.export), name=name)
        return [own, *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Stream the file, and leave an entry in the audit trail."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).get_queryset(request)
        name = str(self.model._meta.model_name)  # noqa: SLF001 - documented
        LogEntry.objects.create(
            user_id=int(request.user.pk or 0),
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=f"CSV export ?{request.GET.urlencode()}"[:200],
            action_flag=CHANGE,
            change_message="Exported as CSV.",
        )
        return csv_response(rows, self.export_fields, f"{name}.csv")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, with the link."""
        extra = {**(extra_context or {}), "export_query": request.GET.urlencode()}
        return super().changelist_view(request, extra)
