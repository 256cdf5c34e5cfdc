"""The page's texts, all of a language in one file, and which language a visitor reads."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.utils.translation.trans_real import parse_accept_lang_header

if TYPE_CHECKING:
    from django.http import HttpRequest

_FOLDER: Final = Path(__file__).parent / "words"
DEFAULT: Final = "en"


@cache
def words() -> dict[str, dict[str, str]]:
    """Return the texts by language and name."""
    files = sorted(_FOLDER.glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def language(request: HttpRequest) -> str:
    """Return the language that the browser asks for first, of those that there are."""
    for wanted, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        known = wanted.partition("-")[0]
        if known in words():
            return known
    return DEFAULT
