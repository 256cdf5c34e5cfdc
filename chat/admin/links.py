"""Ways from a row to the person behind it: the message, its sender, the address, the ban."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html

from chat.admin.hits import networks_of

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


def page_of(member: str) -> str:
    """Return the address of a member's page, whether it is here or has left."""
    return reverse("admin:chat_connection_change", args=[member])


def listed(model: str, **query: str) -> str:
    """Return the address of a list, searched or filtered."""
    return f"{reverse(f'admin:chat_{model}_changelist')}?{urlencode(query)}"


def ban_page(address: str) -> str:
    """Return the address of the form that bans an address, "" if it is none that can be banned."""
    networks = networks_of([address])
    if not networks:
        return ""
    return f"{reverse('admin:chat_ban_add')}?{urlencode({'network': str(networks[0])})}"


def member_link(member: str) -> SafeString | str:
    """Return a member's short id, whole on hover, that leads to its page."""
    if len(member) != 36:  # the system, which is nobody
        return member
    return format_html(
        '<a href="{}" title="{}"><code>{}</code></a>', page_of(member), member, member[:8]
    )


def address_link(address: str) -> SafeString | str:
    """Return an address that leads to all who came from there."""
    if not address:
        return ""
    return format_html('<a href="{}">{}</a>', listed("connection", q=address), address)
