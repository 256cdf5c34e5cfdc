"""What the page's template is given."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import get_script_prefix

from chat.config.conf import conf
from chat.page.static_files import STYLE_PARTS, STYLES
from chat.page.words import words
from chat.protocol.messages import CLOSE_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chat.page.listing import Listed


def static_here(name: str) -> str:
    """Return the address of a static file relative to the page.

    A proxy may serve the page under a prefix that nobody tells Django about.
    """
    return staticfiles_storage.url(name).removeprefix(get_script_prefix())


_MAIN: Final = "chat/main.js"
_IMPORT: Final = re.compile(r'^(?:import|\} from|export) ?.*?"(\.[^"]+)";$', re.MULTILINE)


def static_names() -> Iterator[str]:
    """Yield the names of all static files, as they are in the source."""
    return (name for finder in finders.get_finders() for name, _ in finder.list([]))


@cache
def styles() -> tuple[str, ...]:
    """Return the names of the page's style sheets: one; while developing, its parts."""
    if not settings.DEBUG:
        return (STYLES,)
    return tuple(sorted(name for name in static_names() if name.startswith(STYLE_PARTS)))


@cache
def modules() -> tuple[str, ...]:
    """Return the names of the modules that the page begins with, imported directly or not.

    What is imported when it is asked for is not among them.
    """
    found: list[str] = [_MAIN]
    for name in found:
        source = Path(str(finders.find(name))).read_text(encoding="utf-8")
        for path in _IMPORT.findall(source):
            module = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            if module not in found:
                found.append(module)
    return tuple(sorted(found))


def page_context(others: Iterable[Listed], language: str) -> dict[str, Any]:
    """Return the context: texts, addresses of files, and what the page's script has to know."""
    return {
        "name": conf.name,
        "language": language,
        "words": words()[language],
        "start_script": static_here("chat/start.js"),
        "main": static_here(_MAIN),
        "modules": [static_here(name) for name in modules()],
        "styles": [static_here(name) for name in styles()],
        "icon": static_here("chat/icons/icon.svg"),
        "touch_icon": static_here("chat/icons/icon-192.png"),
        "settings": {
            "name": conf.name,
            "messageBytes": conf.message_bytes,
            "history": conf.history,
            "servers": [server._asdict() for server in others],
            "closeCodes": {code.code: {"comeBack": code.come_back} for code in CLOSE_CODES},
        },
    }
