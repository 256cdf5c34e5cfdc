from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from chat.admin.audited import AuditedAdmin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


class Tool(NamedTuple):
    """A button on a detail page: a link, or a form where there is something to send."""

    label: str
    url: str
    fields: Mapping[str, str] | None = None


class ToolsAdmin(AuditedAdmin):
    """Offers on a row's page what can be done about it."""

    change_form_template = "admin/chat/tools_change_form.html"

    def tools(self, request: HttpRequest, obj: Any) -> list[Tool]:
        """Return the buttons for this row."""
        raise NotImplementedError

    def render_change_form(  # noqa: PLR0913, PLR0917 - Django's signature
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """Show the row with its buttons."""
        if obj is not None:
            context = {**context, "tools": self.tools(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)
