"""Times as operators read them."""

from __future__ import annotations

from django import template

from chat.admin.moments import ago

register = template.Library()
register.simple_tag(ago)
