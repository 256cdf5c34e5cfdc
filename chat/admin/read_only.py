from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DataError
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from django.http import HttpRequest

from chat.admin.audited import AuditedAdmin
from chat.admin.typed import AnyPaginator


class ReadOnlyAdmin(AuditedAdmin):
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

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse patterns: a bad one is a fault of the database, a slow one keeps it busy."""
        return not lookup.endswith("regex") and super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Take values that no date or number can have, such as the year 99999, as odd ones, too."""
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


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
