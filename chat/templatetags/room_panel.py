"""The panel on the admin's first page."""

from __future__ import annotations

from typing import Any

from django import template

from chat.admin.panel import panel

register = template.Library()


@register.inclusion_tag("admin/chat/panel.html", takes_context=True)
def room_panel(context: dict[str, Any]) -> dict[str, Any]:
    """Show who is here, what was said, what serves and whether it is written down."""
    return {**panel(context["request"]), "csrf_token": context.get("csrf_token")}
