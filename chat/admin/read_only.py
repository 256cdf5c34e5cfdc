from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.functional import cached_property

if TYPE_CHECKING:
    from django.http import HttpRequest

from chat.admin.typed import AnyPaginator, ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Rows that can be looked at only, whoever looks."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the server alone writes these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the server alone writes these."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: retention alone deletes these."""
        return False


class BoundedPaginator(AnyPaginator):
    """Counts no further than anybody turns pages: counting a million rows takes a second."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, MOST_COUNTED + 1 if there are more than that."""
        rows: Any = self.object_list
        counted: int = rows.count_some()
        return counted


class LogAdmin(ReadOnlyAdmin):
    """A log that may have a million rows."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
