"""Start-up checks: what is wrong with the settings, a readable line each."""

from __future__ import annotations

import sys
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004

from chat.conf import conf


@register()
def check_settings(**_: Any) -> list[CheckMessage]:
    """Report settings that cannot be used (chat.E001) and names that are none (chat.W001)."""
    found: list[CheckMessage] = [Error(problem, id="chat.E001") for problem in conf.problems]
    if conf.workers > 1 and not conf.redis_url:
        text = f"WSCHAT_WORKERS: got {conf.workers} without WSCHAT_REDIS_URL, which they need"
        found.append(Error(f"{text} to be one room", id="chat.E002"))
    found += [Warning(f"{name}: no such setting", id="chat.W001") for name in conf.unknown]
    return found


def refuse_bad_settings() -> None:
    """End a process that would serve with settings that cannot be used, naming each of them."""
    if conf.problems:
        sys.exit("\n".join(conf.problems))
