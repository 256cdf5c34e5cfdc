"""The script by which a browser keeps the page for times without a network."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from chat.page.page import page_context, static_here, static_names, styles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat.page.listing import Listed

_WORKER: Final = "chat/worker.js"


@cache
def files() -> tuple[str, ...]:
    """Return the addresses, relative to the page, of all that it can need besides itself."""
    scripts = sorted(n for n in static_names() if n.startswith("chat/") and n.endswith(".js"))
    scripts.remove(_WORKER)
    names = ["chat/icons/icon.svg", *styles(), *scripts]
    return ("manifest.webmanifest", *(static_here(name) for name in names))


def worker(others: Iterable[Listed], language: str) -> str:
    """Return the script; it differs whenever the page does, so browsers keep the new page then."""
    context = page_context(others, language)
    page = render_to_string("chat/page.html", context)
    shell = {
        "version": hashlib.sha256(page.encode()).hexdigest()[:12],
        "main": context["main"],
        "files": files(),
    }
    source = Path(str(finders.find(_WORKER))).read_text(encoding="utf-8")
    return f"self.SHELL = {json.dumps(shell)};\n{source}"
