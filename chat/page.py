"""What the page's template is given."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import get_script_prefix

from chat.conf import conf
from chat.protocol import CLOSE_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat.listing import Listed


def static_here(name: str) -> str:
    """Return the address of a static file relative to the page.

    A proxy may serve the page under a prefix that nobody tells Django about.
    """
    return staticfiles_storage.url(name).removeprefix(get_script_prefix())


@cache
def files_of(kind: str) -> tuple[str, ...]:
    """Return the names of the page's own static files of a kind, `js` or `css`, sorted."""
    found = (name for finder in finders.get_finders() for name, _ in finder.list([]))
    return tuple(sorted(name for name in found if _is_own(name, kind)))


def _is_own(name: str, kind: str) -> bool:
    return name.startswith("chat/") and name.endswith(f".{kind}")


def page_context(others: Iterable[Listed]) -> dict[str, Any]:
    """Return the context: addresses of files, and what the page's script has to know."""
    return {
        "name": conf.name,
        "start_script": static_here("chat/start.js"),
        "main": static_here("chat/main.js"),
        "modules": [static_here(name) for name in files_of("js") if name != "chat/start.js"],
        "styles": [static_here(name) for name in files_of("css")],
        "icon": static_here("chat/icon.svg"),
        "touch_icon": static_here("chat/icon-192.png"),
        "settings": {
            "name": conf.name,
            "messageBytes": conf.message_bytes,
            "history": conf.history,
            "servers": [server._asdict() for server in others],
            "closeCodes": {
                code.code: {"comeBack": code.come_back, "meaning": code.meaning}
                for code in CLOSE_CODES
            },
        },
    }
