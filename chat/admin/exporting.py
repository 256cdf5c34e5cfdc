from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path

from chat.admin.audited import note_act
from chat.admin.export import csv_response
from chat.admin.read_only import ReadOnlyAdmin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern


class ExportingAdmin(ReadOnlyAdmin):
    """A log with a link to all that the filters and the search leave of it, as CSV."""

    change_list_template = "admin/chat/log_change_list.html"
    export_fields: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the file."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        own = path("export/", self.admin_site.admin_view(self.export), name=name)
        return [own, *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Stream the file, and leave an entry in the audit trail."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"../?{ERROR_FLAG}=1")  # where the list itself leads
        note_act(request, self.model, f"CSV export ?{request.GET.urlencode()}", "Exported as CSV.")
        file_name = f"{self.opts.model_name}.csv"
        return csv_response(rows, self.export_fields, file_name, self.export_row)

    def export_row(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return a row's cells; its values are those of `export_fields`."""
        return values

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, with the link."""
        extra = {**(extra_context or {}), "export_query": request.GET.urlencode()}
        return super().changelist_view(request, extra)
